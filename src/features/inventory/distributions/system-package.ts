/** A package as the database of a package manager has it, before it is known whose distribution it is of. */
export interface SystemPackage {
  readonly type: 'deb' | 'apk' | 'rpm'
  readonly name: string
  /** As the package manager compares it, with the epoch when there is one. */
  readonly version: string
  readonly architecture: string | undefined
  readonly source: { readonly name: string; readonly version: string } | undefined
  readonly licences: readonly string[]
}

/** Reads one kind of database. */
export interface SystemReader {
  readonly name: string
  wants(path: string): boolean
  /** @throws Error with what is wrong with it, for a person to read. */
  read(bytes: Uint8Array): readonly SystemPackage[]
}
