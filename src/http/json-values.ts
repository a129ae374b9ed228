const [quote, backslash, comma, bracket, brace] = [34, 92, 44, 91, 123]

/**
 * Whether a JSON text has more than `maximum` values, or more than twice as many strings (an object's
 * member has two). Does not parse it: a megabyte of empty lists takes a hundred times as long to parse
 * as a megabyte of text.
 */
export function hasMoreValues(json: string, maximum: number): boolean {
  // Each value takes a character at least.
  if (json.length <= maximum) return false
  let values = 1
  let strings = 0
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at)
    if (code === quote) {
      strings += 1
      if (strings > 2 * maximum) return true
      at = endOfString(json, at)
    } else if (code === comma || code === bracket || code === brace) {
      values += 1
      if (values > maximum) return true
    }
  }
  return false
}

/** Where the string that starts at `start` ends. */
function endOfString(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let before = end
    while (json.charCodeAt(before - 1) === backslash) before -= 1
    if ((end - before) % 2 === 0) return end
  }
  return json.length
}
