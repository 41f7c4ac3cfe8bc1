/** Of image-spec and of Docker, those that a registry need not hold among them. */
const FILE_SYSTEM =
  /^application\/vnd\.(?:oci\.image\.layer\.(?:nondistributable\.)?v1\.tar(?:\+(?:gzip|zstd))?|docker\.image\.rootfs\.(?:foreign\.)?diff\.tar(?:\.(?:gzip|zstd))?|docker\.container\.image\.rootfs\.diff\+x-gtar)$/
const ENCRYPTED = /^application\/vnd\.oci\.image\.layer\.[a-z0-9.+]{1,80}\+encrypted$/

/** Why a layer's files cannot be read; undefined when they can. How it is compressed is told by its bytes. */
export function unreadable(mediaType: string): string | undefined {
  if (FILE_SYSTEM.test(mediaType)) return undefined
  if (ENCRYPTED.test(mediaType)) return 'it is encrypted'
  return `its media type is ${JSON.stringify(mediaType.slice(0, 120))}, which is none of a file system`
}
