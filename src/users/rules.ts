import { BadUserInputError } from '../errors.ts'
import { optionalText } from '../text-rules.ts'

/** What may stand in a JWT's `sub` here: it goes into headers, logs and URLs as it is. */
const visibleAscii = /^[\x21-\x7E]{1,255}$/
const emailForm = /^[^\s@]+@[^\s@]+$/

export function isSubject(text: string): boolean {
  return visibleAscii.test(text)
}

export function requiredSubject(field: string, value: string): string {
  if (isSubject(value)) return value
  throw new BadUserInputError(field, `\`${field}\` must be 1 to 255 visible ASCII characters.`)
}

/** An address or `null`. Only its form is looked at: whether mail arrives is not ours to know. */
export function optionalEmail(field: string, value: string | null | undefined): string | null {
  const email = optionalText(field, value, { maxLength: 254 })
  if (email !== null && !emailForm.test(email)) {
    throw new BadUserInputError(field, `\`${field}\` is not an e-mail address.`)
  }
  return email
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Whether `text` can be the id of a user: a UUID (RFC 9562). */
export function isUserId(text: string): boolean {
  return uuid.test(text)
}
