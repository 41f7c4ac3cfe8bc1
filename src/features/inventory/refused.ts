/** An image whose layers are not read to the end: malicious, broken or too large. The message tells a person why. */
export class Refused extends Error {
  override readonly name = 'Refused'
}
