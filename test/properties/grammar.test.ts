import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseByteRange, parseChunkRange } from '../../src/entry/distribution/byte-range.ts'
import { isNotModified } from '../../src/entry/distribution/conditional.ts'
import { parseRoute } from '../../src/entry/distribution/route.ts'
import { warningHeaders } from '../../src/entry/distribution/warnings.ts'
import {
  isDigest,
  isRepositoryName,
  isTag,
  parseDigest,
  parseManifest,
  parseReference,
  parseRepositoryName,
  RegistryError,
} from '../../src/oci/index.ts'

/** spec.md#pulling-manifests, to the letter. */
const SPEC_NAME = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/
const SPEC_TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/

const word = fc.stringMatching(/^[a-z0-9]{1,6}$/)
const separator = fc.constantFrom('.', '_', '__', '-', '--', '---')
const component = fc
  .tuple(word, fc.array(fc.tuple(separator, word), { maxLength: 3 }))
  .map(([first, rest]) => first + rest.flat().join(''))
/** Components that look like endpoints are the ones to get wrong. */
const tricky = fc.constantFrom('blobs', 'uploads', 'manifests', 'tags', 'list', 'referrers', 'v2')
const name = fc.array(fc.oneof(component, tricky), { minLength: 1, maxLength: 6 }).map(parts => parts.join('/'))
const nearlyName = fc.oneof(name, fc.stringMatching(/^[a-zA-Z0-9._/ %é-]{0,20}$/), fc.string())
const digest = fc
  .tuple(fc.constantFrom(['sha256', 64], ['sha512', 128]), fc.integer())
  .map(([[algorithm, length], seed]) => {
    const hex = (seed >>> 0).toString(16)
    return `${algorithm}:${hex.repeat(128).slice(0, length as number)}`
  })

function codeOf(work: () => unknown): string {
  try {
    work()
    return 'none'
  } catch (error) {
    if (error instanceof RegistryError) return error.code
    throw error
  }
}

describe('names and references', () => {
  test('every name of the grammar is a name, and nothing else is', () => {
    fc.assert(fc.property(name, text => expect(isRepositoryName(text)).toBe(text.length <= 255)))
    fc.assert(
      fc.property(nearlyName, text => expect(isRepositoryName(text)).toBe(SPEC_NAME.test(text) && text.length <= 255)),
    )
    fc.assert(
      fc.property(nearlyName, text =>
        expect(['none', 'NAME_INVALID']).toContain(codeOf(() => parseRepositoryName(text))),
      ),
    )
  })

  test('every tag of the grammar is a tag, and nothing else is', () => {
    const nearlyTag = fc.oneof(fc.stringMatching(/^[\w.-]{1,130}$/), fc.string())
    fc.assert(fc.property(nearlyTag, text => expect(isTag(text)).toBe(SPEC_TAG.test(text))))
  })

  test('a reference is a tag or a digest, or refused with a code of the specification', () => {
    fc.assert(
      fc.property(fc.oneof(digest, fc.stringMatching(/^[\w.:-]{0,140}$/)), text => {
        const code = codeOf(() => parseReference(text))
        expect(code === 'none').toBe(SPEC_TAG.test(text) || isDigest(text))
        expect(['none', 'MANIFEST_INVALID', 'DIGEST_INVALID']).toContain(code)
      }),
    )
    fc.assert(fc.property(digest, text => expect(parseDigest(text) as string).toBe(text)))
  })
})

describe('paths', () => {
  test('each endpoint is found again whatever the name is, also when it has components called like endpoints', () => {
    fc.assert(
      fc.property(name, digest, fc.uuid(), (repository, sha, id) => {
        const at = (path: string) => parseRoute(`/v2/${repository}/${path}`)
        expect(at('tags/list')).toEqual({ kind: 'tags', name: repository })
        expect(at('manifests/v1')).toEqual({ kind: 'manifest', name: repository, last: 'v1' })
        expect(at(`manifests/${sha}`)).toEqual({ kind: 'manifest', name: repository, last: sha })
        expect(at(`blobs/${encodeURIComponent(sha)}`)).toEqual({ kind: 'blob', name: repository, last: sha })
        expect(at(`referrers/${sha}`)).toEqual({ kind: 'referrers', name: repository, last: sha })
        expect(at('blobs/uploads/')).toEqual({ kind: 'uploads', name: repository })
        expect(at('blobs/uploads')).toEqual({ kind: 'uploads', name: repository })
        expect(at(`blobs/uploads/${id}`)).toEqual({ kind: 'upload', name: repository, last: id })
      }),
    )
  })

  test('no path makes the parser fail otherwise than with a code', () => {
    const path = fc.oneof(
      fc.webPath(),
      fc.string().map(text => `/v2/${text}`),
      fc.string(),
    )
    fc.assert(fc.property(path, text => expect(['none', 'NAME_INVALID']).toContain(codeOf(() => parseRoute(text)))))
  })
})

describe('ranges', () => {
  const bytes = new Uint8Array(50).map((_, index) => index)
  const bound = fc.option(fc.integer({ min: 0, max: 70 }), { nil: undefined })

  test('a range gives the bytes that RFC 9110 gives, or 416', () => {
    fc.assert(
      fc.property(bound, bound, (first, last) => {
        const header = `bytes=${first ?? ''}-${last ?? ''}`
        const expected =
          first === undefined
            ? last === undefined
              ? undefined
              : bytes.slice(Math.max(0, 50 - last))
            : bytes.slice(first, (last ?? 49) + 1)
        const code = codeOf(() => parseByteRange(header, 50))
        if (expected === undefined) return expect(parseByteRange(header, 50)).toBeUndefined()
        expect(code).toBe(expected.length === 0 ? 'RANGE_INVALID' : 'none')
        if (code !== 'none') return
        const range = parseByteRange(header, 50)
        expect(range && bytes.slice(range.from, range.to + 1)).toEqual(expected)
      }),
    )
  })

  test('what is no single range of bytes is left to be answered whole', () => {
    const other = fc.oneof(
      fc.constantFrom('bytes=0-1,3-4', 'items=0-1', 'bytes', '', 'bytes=a-b'),
      fc.string().map(text => `x${text}`),
    )
    fc.assert(fc.property(other, header => expect(parseByteRange(header, 50)).toBeUndefined()))
  })

  test('the range of a chunk is read as it is written, and anything else refused', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (one, two) => {
        const [from, to] = one <= two ? [one, two] : [two, one]
        expect(parseChunkRange(`${from}-${to}`)).toEqual({ from, to })
        if (from < to) expect(codeOf(() => parseChunkRange(`${to}-${from}`))).toBe('RANGE_INVALID')
      }),
    )
    fc.assert(
      fc.property(fc.string(), text =>
        expect(['none', 'RANGE_INVALID']).toContain(codeOf(() => parseChunkRange(text))),
      ),
    )
    expect(parseChunkRange(null)).toBeUndefined()
  })
})

describe('documents and headers', () => {
  test('whatever JSON or bytes are pushed as a manifest, the answer is a manifest or a code', () => {
    const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value) ?? '')
    const codes = ['none', 'MANIFEST_INVALID', 'DIGEST_INVALID', 'UNSUPPORTED']
    fc.assert(
      fc.property(fc.json(), text =>
        expect(codes).toContain(codeOf(() => parseManifest(new TextEncoder().encode(text), undefined))),
      ),
    )
    fc.assert(
      fc.property(fc.uint8Array(), bytes => expect(codes).toContain(codeOf(() => parseManifest(bytes, undefined)))),
    )
    const field = fc.oneof(fc.jsonValue(), fc.record({ mediaType: fc.string(), digest, size: fc.integer() }))
    const document = fc.record(
      {
        schemaVersion: fc.constantFrom(1, 2, '2'),
        mediaType: fc.string(),
        config: field,
        layers: fc.oneof(field, fc.array(field)),
        manifests: fc.oneof(field, fc.array(field)),
        subject: field,
        annotations: fc.oneof(field, fc.dictionary(fc.string(), fc.string())),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(document, value => expect(codes).toContain(codeOf(() => parseManifest(encode(value), undefined)))),
    )
  })

  test('a document that could be an index and an image is refused, whatever type it is sent as', () => {
    const types = fc.constantFrom(
      undefined,
      'application/vnd.oci.image.index.v1+json',
      'application/vnd.oci.image.manifest.v1+json',
    )
    const both = { schemaVersion: 2, config: {}, layers: [], manifests: [] }
    fc.assert(
      fc.property(types, type => {
        expect(codeOf(() => parseManifest(new TextEncoder().encode(JSON.stringify(both)), type))).toBe(
          'MANIFEST_INVALID',
        )
      }),
    )
  })

  test('If-None-Match names the digest in any list of entity tags, weak or strong', () => {
    fc.assert(
      fc.property(digest, fc.array(fc.string({ maxLength: 5 })), fc.boolean(), (sha, others, weak) => {
        const tags = others.map(text => `"${text.replace(/[^a-z0-9]/g, '')}"`)
        const own = `${weak ? 'W/' : ''}"${sha}"`
        const headers = (value: string) => new Headers({ 'If-None-Match': value })
        expect(isNotModified(headers([...tags, own].join(', ')), parseDigest(sha))).toBe(true)
        expect(isNotModified(headers(tags.join(', ')), parseDigest(sha))).toBe(false)
      }),
    )
    expect(isNotModified(new Headers(), parseDigest(`sha256:${'a'.repeat(64)}`))).toBe(false)
  })

  test('warnings stay within what the specification allows, and are header values', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 2000 })), warnings => {
        const values = warningHeaders(warnings)
        expect(values.join('').length).toBeLessThanOrEqual(4096)
        for (const value of values) expect(value).toMatch(/^299 - "[^"\\]*"$/)
        new Headers(values.map(value => ['Warning', value] as [string, string]))
      }),
    )
  })
})
