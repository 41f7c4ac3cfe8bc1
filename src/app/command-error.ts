/** A fault of the person who runs a command: told without a stack, and the command ends with 2. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}
