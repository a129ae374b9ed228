/**
 * Returns a copy of a string. V8 keeps the whole of a string in memory as long as a slice of it is in use;
 * the copy holds only its own characters.
 *
 * @param latin1 with no character beyond U+00FF
 */
export function detachedCopy(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('latin1')
}
