/** image-spec v1.1.1 media-types.md and Docker's image manifest v2 schema 2. */
export const MEDIA_TYPE = {
  imageManifest: 'application/vnd.oci.image.manifest.v1+json',
  imageIndex: 'application/vnd.oci.image.index.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerManifestList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  octetStream: 'application/octet-stream',
} as const

const SCHEMA_1 = /^application\/vnd\.docker\.distribution\.manifest\.v1\+(?:json|prettyjws)$/
/** Layers that a registry need not hold, because their licence forbade it: fetched from `urls` instead. */
const NON_DISTRIBUTABLE =
  /^application\/vnd\.(?:oci\.image\.layer\.nondistributable\.v1\.tar(?:\+(?:gzip|zstd))?|docker\.image\.rootfs\.foreign\.diff\.tar(?:\.gzip)?)$/

export function isImageManifest(mediaType: string): boolean {
  return mediaType === MEDIA_TYPE.imageManifest || mediaType === MEDIA_TYPE.dockerManifest
}

export function isIndex(mediaType: string): boolean {
  return mediaType === MEDIA_TYPE.imageIndex || mediaType === MEDIA_TYPE.dockerManifestList
}

export function isSchema1(mediaType: string): boolean {
  return SCHEMA_1.test(mediaType)
}

export function isNonDistributable(mediaType: string): boolean {
  return NON_DISTRIBUTABLE.test(mediaType)
}
