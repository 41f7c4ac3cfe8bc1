import { cp } from 'node:fs/promises'
import { run } from './commands.ts'

export type Suite = 'bookworm' | 'trixie'

/** The smallest Debian of a release. Needs root, debootstrap, and a way to Debian's archive. */
export async function makeDebian(suite: Suite, folder: string): Promise<void> {
  await run(['debootstrap', '--variant=minbase', suite, folder])
}

/** A Debian, as it was made, with packages of its archive. */
export async function withPackages(base: string, folder: string, packages: readonly string[]): Promise<void> {
  await run(['cp', '-a', base, folder])
  await cp('/etc/resolv.conf', `${folder}/etc/resolv.conf`, { force: true })
  const quiet = {
    DEBIAN_FRONTEND: 'noninteractive',
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  }
  await run(['chroot', folder, 'apt-get', 'update'], undefined, quiet)
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', '-o', 'Dpkg::Options::=--force-unsafe-io']
  await run(['chroot', folder, ...install, ...packages], undefined, quiet)
  await run(['chroot', folder, 'apt-get', 'clean'], undefined, quiet)
}
