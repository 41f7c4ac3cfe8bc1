import { isRepositoryName, isTag } from '../../oci/index.ts'
import type { Image, ImageFilter, Pair, RepositoryRange } from '../../stores/metadata/index.ts'
import { type FieldFault, invalid } from '../access/index.ts'
import { parseProjectName } from '../identity/index.ts'
import type { Catalog } from './catalog.ts'
import { isPlatformText } from './platform.ts'

/** What is looked for, and where. */
export interface SearchQuestion {
  readonly range: RepositoryRange
  readonly filter: ImageFilter
}

/** As people write it; whatever is absent is not asked. */
export interface SearchText {
  readonly project?: string | undefined
  readonly repository?: string | undefined
  readonly name?: string | undefined
  /** A tag, or a pattern with `*` and `?`. */
  readonly tag?: string | undefined
  readonly tagged?: boolean | undefined
  /** Its beginning, with or without the algorithm. */
  readonly digest?: string | undefined
  /** `key` or `key=value`. */
  readonly label?: readonly string[] | undefined
  readonly annotation?: readonly string[] | undefined
  readonly platform?: string | undefined
  readonly type?: string | undefined
  readonly atLeastBytes?: number | undefined
  readonly atMostBytes?: number | undefined
  readonly pushedAfter?: number | undefined
  readonly pushedBefore?: number | undefined
  readonly createdAfter?: number | undefined
  readonly createdBefore?: number | undefined
}

const TAG_PATTERN = /^[A-Za-z0-9._*?-]{1,128}$/
const DIGEST_START = /^(?:(?:sha256|sha512):)?[a-f0-9]{1,128}$/
const NAME_PART = /^[a-z0-9._/-]{1,255}$/
const TYPE = /^[A-Za-z0-9!#$&^_.+/-]{1,255}$/

/** @throws INVALID naming each field that cannot be. */
export function parseQuestion(text: SearchText): SearchQuestion {
  const { tag, tagged, digest, platform, type, repository, name, project } = text
  const faults: FieldFault[] = []
  const check = (field: string, value: string | undefined, isRight: (value: string) => boolean, message: string) => {
    if (value !== undefined && !isRight(value)) faults.push({ field, message })
  }
  check('repository', repository, isRepositoryName, 'is no name of a repository; for a part of one there is "name"')
  check('name', name, value => NAME_PART.test(value), 'is no part of a name: a-z, 0-9 and "._/-"')
  check('tag', tag, value => isTag(value) || TAG_PATTERN.test(value), 'is neither a tag nor a pattern with * and ?')
  check('digest', digest, value => DIGEST_START.test(value), 'is not the beginning of a digest')
  check('platform', platform, isPlatformText, 'is no platform, such as linux/arm64')
  check('type', type, value => TYPE.test(value), 'is no media type')
  const [labels, annotations] = [pairsOf(text.label), pairsOf(text.annotation)]
  if (labels.some(isOdd)) faults.push({ field: 'label', message: 'takes key or key=value, without control characters' })
  if (annotations.some(isOdd))
    faults.push({ field: 'annotation', message: 'takes key or key=value, without control characters' })
  if (faults.length > 0) throw invalid(...faults)
  const isPattern = tag !== undefined && /[*?]/.test(tag)
  return {
    range: {
      name,
      project: project === undefined ? undefined : parseProjectName(project),
      repository: repository as RepositoryRange['repository'],
    },
    filter: {
      ...(isPattern ? { tags: tag } : { tag }),
      tagged,
      digest: digest === undefined || digest.includes(':') ? digest : `sha256:${digest}`,
      labels,
      annotations,
      platform,
      type,
      atLeastBytes: text.atLeastBytes,
      atMostBytes: text.atMostBytes,
      pushedFrom: text.pushedAfter,
      pushedUntil: text.pushedBefore,
      createdFrom: text.createdAfter,
      createdUntil: text.createdBefore,
    },
  }
}

function pairsOf(texts: readonly string[] = []): readonly Pair[] {
  return texts.map(text => {
    const at = text.indexOf('=')
    return at < 0 ? { key: text } : { key: text.slice(0, at), value: text.slice(at + 1) }
  })
}

function isOdd({ key, value = '' }: Pair): boolean {
  return key === '' || /\p{Cc}/u.test(key + value) || !(key + value).isWellFormed()
}

/** The store compares text as it stands in JSON, where the end of a key may look like another; this looks at the key. */
export async function hasAll({ details }: Catalog, image: Image, filter: ImageFilter): Promise<boolean> {
  const { labels = [], annotations = [] } = filter
  if (!annotations.every(pair => hasPair(image.annotations, pair))) return false
  const others = labels.filter(pair => !hasPair(image.labels, pair) && !hasPair(image.configLabels, pair))
  if (others.length === 0) return true
  const ofRepository = Object.fromEntries((await details.labels.list({ repository: image.repository })) ?? [])
  return others.every(pair => hasPair(ofRepository, pair))
}

function hasPair(values: Readonly<Record<string, string>>, { key, value }: Pair): boolean {
  return Object.hasOwn(values, key) && (value === undefined || values[key] === value)
}
