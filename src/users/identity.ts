import { isUuid } from '../uuid.ts'
import { isVisibleAscii } from '../visible-ascii.ts'

/** A user is a subject of an issuer. Characters at most. */
export const maxIssuerLength = 2048
export const maxSubjectLength = 255

/** What a subject is, for messages. */
export const subjectForm = `1 to ${maxSubjectLength} visible ASCII characters`

/** Whether `text` can be a user's subject, a JWT's `sub`: it goes into headers, logs and URLs as it is. */
export function isSubject(text: string): boolean {
  return isVisibleAscii(text, maxSubjectLength)
}

/** Whether `text` can be the id of a user: what cannot needs no query. */
export function isUserId(text: string): boolean {
  return isUuid(text)
}
