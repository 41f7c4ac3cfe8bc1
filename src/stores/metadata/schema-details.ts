import type { Digest } from '../../oci/index.ts'

/** What is known of images beside what pulls and pushes need. Times are milliseconds since the epoch, sizes bytes. */
export interface DetailsSchema {
  /**
   * One row for each manifest with `manifests.described_at`, filled soon after its push; a column is null where the
   * image does not say. It goes with its manifest.
   */
  image_details: {
    repository_id: number
    digest: Digest
    /** Of an image that is for one platform: what its config says. Null for an index. */
    os: string | null
    architecture: string | null
    variant: string | null
    /** JSON list of `os/architecture` or `os/architecture/variant`: the one of an image, those of an index. */
    platforms: string | null
    /** When the image was built, as its config has it. */
    created_at: number | null
    /** Of all blobs that it needs, its children's too, each once. */
    total_bytes: number | null
    /** JSON object of strings: the labels of the config. */
    labels: string | null
  }
  /** Labels that people set. An empty digest stands for the repository itself. */
  labels: { repository_id: number; digest: Digest | ''; key: string; value: string; set_at: number }
}
