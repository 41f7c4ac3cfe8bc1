import { expect, test } from 'bun:test'
import { BlobsAddressError, parseBlobsAddress } from './address.ts'

test('an address names the kind, the bucket, the prefix and the parameters', () => {
  expect(parseBlobsAddress('s3://images')).toMatchObject({
    kind: 's3',
    bucket: 'images',
    prefix: '',
    region: 'us-east-1',
    pathStyle: false,
    checksums: true,
    timeoutSeconds: 30,
  })
  const given =
    's3://images/a/b/?endpoint=https://s3.example.com:9000&pathStyle=true&sse=aws:kms&kmsKeyId=k&checksums=false'
  expect(parseBlobsAddress(given)).toMatchObject({
    prefix: 'a/b/',
    endpoint: 'https://s3.example.com:9000',
    pathStyle: true,
    sse: 'aws:kms',
    kmsKeyId: 'k',
    checksums: false,
  })
  expect(parseBlobsAddress('azblob://box/p?account=me')).toMatchObject({ kind: 'azblob', account: 'me', prefix: 'p/' })
  expect(parseBlobsAddress('gs://images/p?project=mine')).toMatchObject({ kind: 'gs', project: 'mine', prefix: 'p/' })
})

const WRONG: readonly (readonly [address: string, said: string])[] = [
  ['', 'expected s3://'],
  ['images', 'expected s3://'],
  ['ftp://images', 'expected s3://'],
  ['s3://', 'expected s3://'],
  ['s3://user:secret@images', 'expected s3://'],
  ['s3://images#x', 'expected s3://'],
  ['s3://images?region=', 'parameter region'],
  ['s3://images?endpoint=example.com', 'parameter endpoint: expected http://host:port or https://host'],
  ['s3://images?sse=none', 'parameter sse: expected AES256 or aws:kms'],
  ['s3://images?timeoutSeconds=0', 'parameter timeoutSeconds'],
  ['s3://images?bucket=x', 'there is no parameter bucket'],
  ['azblob://box', 'parameter account'],
  ['gs://images?region=x', 'there is no parameter region'],
]

for (const [address, said] of WRONG) {
  test(`"${address}" is refused: ${said}`, () => {
    expect(() => parseBlobsAddress(address)).toThrow(BlobsAddressError)
    expect(() => parseBlobsAddress(address)).toThrow(said)
  })
}
