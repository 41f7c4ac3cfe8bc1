import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { $ } from 'bun'
import { type Need, toolsFolder } from '../../tools/find-tools.ts'

export type Architecture = 'amd64' | 'arm64'

const folder = join(toolsFolder, 'debs')

function find(name: string, architecture: Architecture): string | undefined {
  try {
    return readdirSync(folder).find(file => file.startsWith(`${name}_`) && file.endsWith(`_${architecture}.deb`))
  } catch {
    return undefined
  }
}

/** The files of a Debian package as the tar archive that the package holds. */
export async function packageTar(name: string, architecture: Architecture): Promise<Uint8Array> {
  const file = find(name, architecture)
  if (!file) throw new Error(`no Debian package ${name} for ${architecture}: run test/tools/install.sh`)
  return new Uint8Array(await $`dpkg-deb --fsys-tarfile ${join(folder, file)}`.quiet().arrayBuffer())
}

export const debianPackages: Need = {
  name: "the test images' Debian packages",
  isThere: () => find('busybox-static', 'amd64') !== undefined && find('busybox-static', 'arm64') !== undefined,
}
