import { keyIdSyntax } from '../key-syntax.ts'

const form = new RegExp(`^${keyIdSyntax}$`)

/** Whether `text` can be the public id of a key. Other texts need no query. */
export function isKeyId(text: string): boolean {
  return form.test(text)
}
