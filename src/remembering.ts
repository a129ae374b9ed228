/** The same as `make`, but made once for each object, and kept as long as that is. */
export function remembering<Key extends object, Value>(
  make: (key: Key) => Value,
): (key: Key) => Value {
  const known = new WeakMap<Key, Value>()
  return (key) => {
    let value = known.get(key)
    if (value === undefined) {
      value = make(key)
      known.set(key, value)
    }
    return value
  }
}

/** The same text by itself: a part of another keeps all of that in memory. @param latin1 of no other characters */
export function copyOf(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('latin1')
}
