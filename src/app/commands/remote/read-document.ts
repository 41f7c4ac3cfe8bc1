import { parse } from 'yaml'
import { CommandError } from '../../command-error.ts'

/** YAML, of which JSON is a part. @throws CommandError. */
export async function readDocument(file: string): Promise<unknown> {
  const text = file === '-' ? await Bun.stdin.text() : await readText(file)
  try {
    return parse(text)
  } catch (cause) {
    throw new CommandError(`${file} is neither YAML nor JSON: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    })
  }
}

async function readText(file: string): Promise<string> {
  const source = Bun.file(file)
  if (!(await source.exists())) throw new CommandError(`There is no file ${file}.`)
  return source.text()
}
