import type { FileReader, LayerFile } from '../../file-reader.ts'
import type { FoundPackage } from '../../package.ts'
import { goPackages } from '../go/go-packages.ts'
import { auditedCrates } from '../rust/auditable.ts'
import { readElf } from './elf.ts'
import { readMachO } from './mach-o.ts'
import { readPe } from './pe.ts'
import type { Executable } from './sections.ts'

type Kind = 'elf' | 'pe' | 'mach-o'

/** Programs and libraries: Go leaves its modules in each, and `cargo auditable` its crates. */
export const EXECUTABLES: FileReader = {
  name: 'executables',
  wants: file => kindOf(file) !== undefined,
  read(file) {
    return executablesOf(file).flatMap((executable): readonly FoundPackage[] => [
      ...goPackages(executable),
      ...auditedCrates(executable),
    ])
  },
}

/** Of ELF only programs and shared libraries, not what is still to be linked, as the modules of a kernel. */
function kindOf({ head }: LayerFile): Kind | undefined {
  if (head.byteLength < 64) return undefined
  const magic = (((head[0] ?? 0) << 24) | ((head[1] ?? 0) << 16) | ((head[2] ?? 0) << 8) | (head[3] ?? 0)) >>> 0
  if (magic === 0x7f45_4c46) return [2, 3].includes((head[16] ?? 0) + (head[17] ?? 0)) ? 'elf' : undefined
  if (magic >>> 16 === 0x4d5a) return 'pe'
  if ([0xfeed_face, 0xfeed_facf, 0xcefa_edfe, 0xcffa_edfe].includes(magic)) return 'mach-o'
  return magic === 0xcafe_babe && head[4] === 0 && head[5] === 0 && head[6] === 0 && (head[7] ?? 99) < 32
    ? 'mach-o'
    : undefined
}

/** @throws Error when it is cut short or contradicts itself. */
function executablesOf(file: LayerFile & { readonly bytes: Uint8Array }): readonly Executable[] {
  const kind = kindOf(file)
  try {
    if (kind === 'mach-o') return readMachO(file.bytes)
    return [kind === 'pe' ? readPe(file.bytes) : readElf(file.bytes)]
  } catch (error) {
    // Other things begin with MZ too, and programs that only DOS can run.
    if (kind === 'pe') return []
    throw error instanceof RangeError
      ? new Error('it is cut short, or its headers are damaged', { cause: error })
      : error
  }
}
