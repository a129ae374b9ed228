import { BadUserInputError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import { holdsAll } from '../scopes.ts'
import { optionalText, type TextRule } from '../text-rules.ts'
import { isSubject, subjectForm } from './identity.ts'
import type { UserFilter } from './store.ts'

export const userNameRule: TextRule = { maxLength: 200 }
/** Characters (RFC 5321 §4.5.3.1.3, without the angle brackets). */
export const maxEmailLength = 254
/** Characters. Subjects, e-mail addresses and names are shorter. */
export const maxSearchLength = 400
const emailForm = /^[^\s@]+@[^\s@]+$/

export function requiredSubject(field: string, value: string): string {
  if (isSubject(value)) return value
  throw new BadUserInputError(field, `\`${field}\` must be ${subjectForm}.`)
}

/** Returns `issuer`, or by default the first trusted one. @throws BadUserInputError */
export function trustedIssuer(
  trusted: readonly string[],
  requested: string | null | undefined,
): string {
  const issuer = requested ?? trusted[0]
  if (issuer !== undefined && trusted.includes(issuer)) return issuer
  throw new BadUserInputError(
    'issuer',
    `\`issuer\` must be an issuer that this server trusts. It trusts ${trusted.join(', ') || 'no issuer'}.`,
  )
}

/** An address or `null`. Checks the form only, not whether mail arrives. @throws BadUserInputError */
export function optionalEmail(field: string, value: string | null | undefined): string | null {
  const email = optionalText(field, value, { maxLength: maxEmailLength })
  if (email !== null && !emailForm.test(email)) {
    throw new BadUserInputError(field, `\`${field}\` is not an e-mail address.`)
  }
  return email
}

/**
 * Returns the requested grant; `null`: no ceiling.
 *
 * @throws BadUserInputError if it was left out, so that no caller removes the ceiling by mistake
 */
export function requireStatedGrant(
  scopes: readonly string[] | null | undefined,
): readonly string[] | null {
  if (scopes !== undefined) return scopes
  throw new BadUserInputError(
    'scopes',
    '`scopes` was left out. Send a list, or null to remove the ceiling.',
  )
}

/** @throws BadUserInputError if the text to search for is too long */
export function checkedFilter(filter: UserFilter): UserFilter {
  if (filter.search !== null && filter.search.length > maxSearchLength) {
    throw new BadUserInputError(
      'search',
      `\`search\` must have at most ${maxSearchLength} characters.`,
    )
  }
  return filter
}

/** Whether `principal` may read other users by a query. */
export function mayReadUsers({ scopes }: Principal): boolean {
  return scopes.has('read:users')
}

/** Whether `principal` may list the API keys of a user by a query. */
export function mayListKeys({ scopes, userId }: Principal, id: string): boolean {
  if (id.toLowerCase() === userId) return scopes.has('read:keys')
  return holdsAll(['read:keys', 'manage:keys', 'read:users'], scopes)
}
