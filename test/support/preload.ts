import { afterAll } from 'bun:test'
import { stopDatabases } from './database.ts'

afterAll(stopDatabases)
