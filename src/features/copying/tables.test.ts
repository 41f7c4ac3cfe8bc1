import { expect, test } from 'bun:test'
import { TABLES } from '../../stores/metadata/tables/copied-tables.ts'
import { PLAIN_TABLES } from './copy.ts'

test('every table that makes a registry is copied: blobs with their bytes, what is condemned only where the storage stays', () => {
  expect([...PLAIN_TABLES, 'blobs', 'condemned_objects'].toSorted()).toEqual(Object.keys(TABLES).toSorted())
})
