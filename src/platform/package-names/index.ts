/** As PyPI tells projects apart, by PEP 503: case and the kind of separator say nothing. */
export function pypiName(written: string): string {
  return written.toLowerCase().replace(/[-_.]+/g, '-')
}
