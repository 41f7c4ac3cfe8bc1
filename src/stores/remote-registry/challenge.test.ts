import { expect, test } from 'bun:test'
import { parseArtifactAddress } from './address.ts'
import { parseChallenge } from './challenge.ts'

test('a challenge is read as registries write it', () => {
  expect(
    parseChallenge(
      'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push"',
    ),
  ).toEqual({
    scheme: 'bearer',
    realm: 'https://auth.example/token',
    service: 'registry.example',
    scope: 'repository:a/b:pull,push',
  })
  expect(parseChallenge('bearer Realm = "https://a.example/t\\"x"')).toMatchObject({ realm: 'https://a.example/t"x' })
  expect(parseChallenge('Basic realm="x", Bearer realm="https://a.example/t"')).toMatchObject({ scheme: 'bearer' })
  expect(parseChallenge('Basic realm="registry"')).toEqual({ scheme: 'basic' })
  for (const unknown of [null, '', 'Negotiate', 'Bearer', 'Basically no'])
    expect(parseChallenge(unknown)).toBeUndefined()
})

test('an address names a registry, a repository and a tag or digest', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  expect(parseArtifactAddress('oci://registry.example/team/advisories:today')).toEqual({
    origin: 'https://registry.example',
    repository: 'team/advisories',
    reference: { tag: 'today' },
  } as never)
  expect(parseArtifactAddress(`oci+http://[::1]:5000/advisories@${digest}`)).toEqual({
    origin: 'http://[::1]:5000',
    repository: 'advisories',
    reference: { digest },
  } as never)
  for (const odd of [
    'registry.example/a:b',
    'oci://registry.example/a',
    'oci://registry.example',
    'oci://u:p@r.example/a:b',
    'oci://r.example/A:b',
    'oci://r.example/a:b@c',
    'oci://r.example/a@sha256:0',
  ])
    expect(() => parseArtifactAddress(odd)).toThrow()
})
