const form = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Whether `text` is a UUID (RFC 9562 §4), of any version and in either case. */
export function isUuid(text: string): boolean {
  return form.test(text)
}
