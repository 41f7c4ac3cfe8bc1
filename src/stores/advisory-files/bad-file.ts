/** A file that cannot be read to its end: cut short, damaged, or larger than is taken. The message is for people. */
export class BadFile extends Error {
  override readonly name = 'BadFile'
}
