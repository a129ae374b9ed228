const form = /^[\x21-\x7E]+$/

/** Whether `text` has 1 to `maxLength` characters, all of them visible ASCII: no space, no control. */
export function isVisibleAscii(text: string, maxLength: number): boolean {
  return text.length <= maxLength && form.test(text)
}
