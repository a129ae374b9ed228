import { keyIdSyntax, keyPrefixSyntax } from '../key-syntax.ts'

const form = new RegExp(`^${keyIdSyntax}$`)

/** Whether `text` can be the public id of a key. Other texts need no query. */
export function isKeyId(text: string): boolean {
  return form.test(text)
}

const startForm = new RegExp(`^(?:${keyPrefixSyntax}_)?(${keyIdSyntax})$`)

/** The id in the id or the start of a key, such as `lk_0123456789abcdef`; `null` for any other text. */
export function idOfStart(text: string): string | null {
  return startForm.exec(text)?.[1] ?? null
}
