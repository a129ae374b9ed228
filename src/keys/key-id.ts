/** Characters of a key's public id. */
export const keyIdLength = 16

const form = new RegExp(`^[0-9A-Za-z]{${keyIdLength}}$`)

/** Whether `text` can be the public id of a key: what cannot needs no query. */
export function isKeyId(text: string): boolean {
  return form.test(text)
}
