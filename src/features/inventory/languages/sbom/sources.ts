/** What a package was built from. */
interface Source {
  readonly name: string
  readonly version: string
}

/**
 * The qualifier `upstream` of a purl: `glibc`, `glibc@2.36-9`, `bash-5.1.8-6.el9.src.rpm`.
 * @param version of the package, which is its source's where that has none
 */
export function sourceOf(upstream: string | undefined, version: string): Source | undefined {
  if (upstream === undefined) return undefined
  const file = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(upstream)
  if (file !== null) return { name: file[1] ?? '', version: file[2] ?? '' }
  const at = upstream.lastIndexOf('@')
  return at <= 0 ? { name: upstream, version } : { name: upstream.slice(0, at), version: upstream.slice(at + 1) }
}

/** `built package from: glibc 2.36-9+deb12u4`, as Trivy writes it in SPDX. */
export function builtFrom(text: string | undefined): Source | undefined {
  const [, name, version] = /^built package from: (\S+) (\S+)$/.exec(text ?? '') ?? []
  return name === undefined || version === undefined ? undefined : { name, version }
}
