import { BadUserInputError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import { optionalText, type TextRule } from '../text-rules.ts'
import { isSubject, subjectForm } from './identity.ts'

export const userNameRule: TextRule = { maxLength: 200 }
const emailForm = /^[^\s@]+@[^\s@]+$/

export function requiredSubject(field: string, value: string): string {
  if (isSubject(value)) return value
  throw new BadUserInputError(field, `\`${field}\` must be ${subjectForm}.`)
}

/** An address or `null`. Only its form is looked at: whether mail arrives is not ours to know. */
export function optionalEmail(field: string, value: string | null | undefined): string | null {
  const email = optionalText(field, value, { maxLength: 254 })
  if (email !== null && !emailForm.test(email)) {
    throw new BadUserInputError(field, `\`${field}\` is not an e-mail address.`)
  }
  return email
}

/** Whether a query would tell `principal` of other users. */
export function mayReadUsers({ scopes }: Principal): boolean {
  return scopes.has('read:users')
}
