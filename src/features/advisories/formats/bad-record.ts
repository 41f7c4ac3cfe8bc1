/** What was given is not what its format says. The message is for people. */
export class BadRecord extends Error {
  override readonly name = 'BadRecord'
}
