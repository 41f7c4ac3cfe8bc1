import { run } from './app/run.ts'

process.exitCode = await run(process.argv.slice(2))
