import type { SystemReader } from '../system-package.ts'
import { rpmPackage } from './rpm.ts'

const MANIFEST = 'var/lib/rpmmanifest/container-manifest-2'
const LONGEST_LINE = 8192

/** What Azure Linux leaves in images that have no database: a line a package, with tabs between ten columns. */
export const RPM_MANIFEST_READER: SystemReader = {
  name: 'rpm manifest',
  wants: path => path === MANIFEST,
  read: bytes =>
    Buffer.from(bytes)
      .toString('utf8')
      .split('\n')
      .flatMap(line => {
        const columns = line.length > LONGEST_LINE ? [] : line.split('\t')
        const [name, version, , , , , , architecture, epoch, sourceRpm] = columns
        if (!name || !version || sourceRpm === undefined || name === 'gpg-pubkey') return []
        return rpmPackage({ name, version, architecture, epoch: Number(epoch) || 0, sourceRpm, licences: [] })
      }),
}
