import { BadUserInputError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import { optionalText, type TextRule } from '../text-rules.ts'
import { isSubject, subjectForm } from './identity.ts'

export const userNameRule: TextRule = { maxLength: 200 }
/** Characters (RFC 5321 §4.5.3.1.3, without the angle brackets). */
export const maxEmailLength = 254
const emailForm = /^[^\s@]+@[^\s@]+$/

export function requiredSubject(field: string, value: string): string {
  if (isSubject(value)) return value
  throw new BadUserInputError(field, `\`${field}\` must be ${subjectForm}.`)
}

/** An address or `null`. Checks the form only, not whether mail arrives. @throws BadUserInputError */
export function optionalEmail(field: string, value: string | null | undefined): string | null {
  const email = optionalText(field, value, { maxLength: maxEmailLength })
  if (email !== null && !emailForm.test(email)) {
    throw new BadUserInputError(field, `\`${field}\` is not an e-mail address.`)
  }
  return email
}

/** Whether `principal` may read other users by a query. */
export function mayReadUsers({ scopes }: Principal): boolean {
  return scopes.has('read:users')
}
