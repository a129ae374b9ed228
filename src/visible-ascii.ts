const form = /^[\x21-\x7E]+$/

/** Whether `text` has 1 to `maxLength` characters, all of them visible ASCII (without the space). */
export function isVisibleAscii(text: string, maxLength: number): boolean {
  return text.length <= maxLength && form.test(text)
}
