import { afterAll } from 'bun:test'
import { stopDatabases } from './database.ts'
import { stopObjectStorage } from './object-storage.ts'

afterAll(stopDatabases)
afterAll(stopObjectStorage)
