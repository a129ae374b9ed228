import { isUuid } from '../uuid.ts'
import { isVisibleAscii } from '../visible-ascii.ts'

/** Maximum lengths in characters. A user is identified by issuer and subject. */
export const maxIssuerLength = 2048
export const maxSubjectLength = 255

/** The form of a subject, for messages. */
export const subjectForm = `1 to ${maxSubjectLength} visible characters, with spaces only between them`

/**
 * Characters that a reader does not see: controls, formats, spaces other than U+0020, separators, blanks,
 * and characters that Unicode ignores by default. Two subjects that differ only by them would look alike.
 */
const invisible =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800]|(?! )\p{Zs}/u

/**
 * Whether `text` can be the subject of a user (`sub` of a JWT): well-formed Unicode of visible characters
 * and inner spaces. The length is in code points, as in the database. Subjects are compared without
 * normalization, because an issuer may give two users subjects that differ only by it.
 */
export function isSubject(text: string): boolean {
  if (isVisibleAscii(text, maxSubjectLength)) return true
  if (text.length > 2 * maxSubjectLength || [...text].length > maxSubjectLength) return false
  return text !== '' && text.trim() === text && !invisible.test(text)
}

/** Whether `text` can be the id of a user. Other texts need no query. */
export function isUserId(text: string): boolean {
  return isUuid(text)
}
