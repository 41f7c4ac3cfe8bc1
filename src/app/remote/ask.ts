import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { Secret } from '../../platform/secrets/index.ts'
import { CommandError } from '../command-error.ts'

/** Asks at the terminal. @throws CommandError where there is none. */
export async function ask(question: string, otherwise: string): Promise<string> {
  return prompt(question, otherwise, process.stderr)
}

/** The same without showing what is typed. */
export async function askSecret(question: string, otherwise: string): Promise<Secret> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  process.stderr.write(process.stdin.isTTY ? question : '')
  const answer = await prompt('', otherwise, nowhere)
  process.stderr.write('\n')
  return new Secret(answer)
}

/** The first line of standard input. @throws CommandError when there is nothing. */
export async function secretFromInput(): Promise<Secret> {
  const [line = ''] = (await Bun.stdin.text()).split(/\r?\n/)
  if (line === '') throw new CommandError('--password-stdin: there is nothing on standard input.')
  return new Secret(line)
}

async function prompt(question: string, otherwise: string, output: NodeJS.WritableStream): Promise<string> {
  if (!process.stdin.isTTY) throw new CommandError(otherwise)
  const lines = createInterface({ input: process.stdin, output, terminal: true })
  try {
    return await lines.question(question)
  } finally {
    lines.close()
  }
}
