import { type Digest, isDigest } from '../../../../oci/index.ts'
import { excessOf, type Json, list, object } from '../../../../platform/foreign-json/index.ts'
import type { Distribution, FoundPackage } from '../../package.ts'
import { parsePurl } from '../../purl.ts'
import { jsonOf as anyJsonOf, wordOf } from '../document.ts'
import { type Document, type Listed, readCycloneDx } from './cyclonedx.ts'
import { packagesOfPurl, type SaidSystem } from './purl-packages.ts'
import { readSpdx2, readSpdx3 } from './spdx.ts'

/** What a document of somebody else says that an image holds. */
export interface Sbom {
  readonly format: 'cyclonedx' | 'spdx'
  /** The tool and its version, as the document names it; empty when it does not. */
  readonly madeBy: string
  /** The manifest that it is of, where the document says. */
  readonly about: Digest | undefined
  readonly distribution: Distribution | undefined
  readonly packages: readonly FoundPackage[]
  /** What of it could not be used, and why. */
  readonly problems: readonly string[]
}

/** A statement within an envelope is the deepest that signers wrap a document. */
const DEEPEST = 4
const MOST_LISTED = 500_000

/**
 * Reads CycloneDX (JSON) and SPDX (JSON of 2.2, 2.3 and 3.0), also as the predicate of an in-toto statement, and that in
 * a DSSE envelope. Signatures are not looked at.
 * @param mediaType as it was attached; what the document itself says counts
 * @throws Error with what is wrong with it.
 */
export function readSbom(bytes: Uint8Array, mediaType: string): Sbom {
  if (/\bxml\b|\+xml|spdx$|tag-value/i.test(mediaType)) {
    throw new Error(`SBOMs are read as JSON; of ${mediaType} attach the JSON form`)
  }
  return readDocument(jsonOf(bytes), DEEPEST)
}

function readDocument(document: Json, deeper: number): Sbom {
  if (document.bomFormat === 'CycloneDX') return sbomOf('cyclonedx', readCycloneDx(document))
  if (wordOf(document.spdxVersion)?.startsWith('SPDX-2')) return sbomOf('spdx', readSpdx2(document))
  if (document['@graph'] !== undefined) return sbomOf('spdx', readSpdx3(document))
  const within = withinStatement(document)
  if (within === undefined || deeper === 0) throw new Error('it is neither CycloneDX nor SPDX')
  const sbom = readDocument(within, deeper - 1)
  return { ...sbom, about: subjectOf(document) ?? sbom.about }
}

/** Unlike files of images it is read where pushes and pulls are served. */
function jsonOf(bytes: Uint8Array): Json {
  const excess = excessOf(bytes)
  if (excess !== undefined) throw new Error(excess)
  return anyJsonOf(bytes)
}

function subjectOf({ subject }: Json): Digest | undefined {
  const digests = list(subject).map(one => `sha256:${wordOf(object(object(one).digest).sha256) ?? ''}`)
  return digests.find(isDigest)
}

/** What an envelope or a statement holds. cosign once put predicates that are JSON into `Data`. */
function withinStatement(document: Json): Json | undefined {
  const payload = wordOf(document.payload)
  if (payload !== undefined) return jsonOf(new Uint8Array(Buffer.from(payload, 'base64')))
  const predicate = object(document.predicate)
  const data = wordOf(predicate.Data)
  if (data !== undefined) return jsonOf(new TextEncoder().encode(data))
  return document.predicate === undefined ? undefined : 'Data' in predicate ? object(predicate.Data) : predicate
}

function sbomOf(format: Sbom['format'], { system, listed, madeBy, about }: Document): Sbom {
  if (listed.length > MOST_LISTED)
    throw new Error(`it lists ${listed.length} packages; at most ${MOST_LISTED} are read`)
  const packages: FoundPackage[] = []
  const reasons = new Map<string, number>()
  for (const one of listed) {
    const outcome = packagesOf(one, system)
    if (typeof outcome === 'string') reasons.set(outcome, (reasons.get(outcome) ?? 0) + 1)
    else packages.push(...outcome)
  }
  const problems = [...reasons].map(([reason, count]) => `${count} of ${listed.length}: ${reason}`)
  const said = about ?? ''
  return { format, madeBy, about: isDigest(said) ? said : undefined, distribution: system, packages, problems }
}

/** @returns why there is none */
function packagesOf({ purl, said }: Listed, system: SaidSystem | undefined): readonly FoundPackage[] | string {
  if (purl === undefined) return 'no package-url, so that it cannot be told what they are'
  try {
    const parsed = parsePurl(purl)
    const found = packagesOfPurl(parsed, said, system)
    if (found.length > 0) return found
    return parsed.version === undefined
      ? 'no version'
      : `packages of the type ${parsed.type}, of which no advisories tell`
  } catch {
    return 'a package-url that is none'
  }
}
