import { isUuid } from '../uuid.ts'
import { isVisibleAscii } from '../visible-ascii.ts'

/** Maximum lengths in characters. A user is identified by issuer and subject. */
export const maxIssuerLength = 2048
export const maxSubjectLength = 255

/** The form of a subject, for messages. */
export const subjectForm = `1 to ${maxSubjectLength} visible ASCII characters`

/**
 * Whether `text` can be the subject of a user (`sub` of a JWT). Headers, logs and URLs contain it
 * unchanged.
 */
export function isSubject(text: string): boolean {
  return isVisibleAscii(text, maxSubjectLength)
}

/** Whether `text` can be the id of a user. Other texts need no query. */
export function isUserId(text: string): boolean {
  return isUuid(text)
}
