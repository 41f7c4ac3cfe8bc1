import { type Client, printable } from '../../../entry/remote/index.ts'
import type { NamedImage } from './image-name.ts'

export type ScannedImage = Awaited<ReturnType<typeof scansOf>>[number]

/** The images of what is named, each with how its scan stands. */
export async function scansOf(client: Client, image: NamedImage) {
  return (await client.call('showScan', { query: image })).images
}

/** What to say of images in which nothing is found: that is not always to know that there is nothing. */
export function withoutFindings(images: readonly ScannedImage[]): { readonly isKnown: boolean; readonly text: string } {
  const unknown = [...new Set(images.flatMap(image => whyUnknown(image) ?? []))]
  const isScanned = images.some(({ state }) => state === 'read')
  if (isScanned && unknown.length === 0) return { isKnown: true, text: `No known vulnerabilities.${exceptFor(images)}` }
  const why = unknown.length > 0 ? unknown : ['it is no container image']
  return { isKnown: false, text: `Whether it has vulnerabilities is not known: ${why.join('; ')}.` }
}

/** Packages of ecosystems of which no advisory speaks, in images of which others are known. */
function exceptFor(images: readonly ScannedImage[]): string {
  const counts = new Map<string, number>()
  for (const { ecosystem, packages } of images.flatMap(({ withoutAdvisories }) => withoutAdvisories))
    counts.set(ecosystem, (counts.get(ecosystem) ?? 0) + packages)
  if (counts.size === 0) return ''
  const each = [...counts].map(([ecosystem, packages]) => `${packages} of ${printable(ecosystem)}`)
  return ` There are no advisories about ${each.join(', ')}: nothing is known of these packages.`
}

/** Of images of which some could not be judged beside those that were; undefined when all were. */
export function notJudged(images: readonly ScannedImage[]): string | undefined {
  const unknown = images.flatMap(image => {
    const why = isUnjudged(image) ? undefined : whyUnknown(image)
    return why === undefined ? [] : [`${image.digest}: ${why}`]
  })
  return unknown.length === 0 ? undefined : `Not all is known: ${unknown.join('; ')}.`
}

function whyUnknown(image: ScannedImage): string | undefined {
  if (image.state === 'waiting') return 'it is not scanned yet'
  if (image.state === 'failed') return 'its scan failed'
  if (image.state === 'unsupported') return undefined
  if (isPartlyRead(image)) return 'not all of it could be read'
  return isUnjudged(image) ? 'there are no advisories about its packages' : undefined
}

/** It has packages, and of none of them anything is known. */
export function isUnjudged({ packages, withoutAdvisories }: ScannedImage): boolean {
  return packages > 0 && withoutAdvisories.reduce((all, each) => all + each.packages, 0) >= packages
}

/** A whole layer could not be read, or what lists its packages: for pulls, too, it counts as not scanned. */
export function isPartlyRead({ problems }: ScannedImage): boolean {
  return problems.some(({ path }) => path === '')
}
