import type { IssuedKey } from '../keys/inputs.ts'
import { withinGrant } from '../principal.ts'
import { grantOf, type User } from '../users/user.ts'
import { dateTime, onOneLine } from './output.ts'
import { keyView } from './views.ts'

/** A key that a command created, and its owner before. */
export interface CreatedKey extends IssuedKey {
  readonly owner: User
}

/** The JSON form of a created key. `notGranted`: its scopes that the grant of the owner withholds. */
export function createdKeyView({ secret, apiKey, owner }: CreatedKey, now: Date) {
  return { key: secret, apiKey: keyView(apiKey, now), notGranted: notGranted(apiKey.scopes, owner) }
}

/** Returns notes on a created key: its expiry, and whether it cannot be used, or not with all of its scopes. */
export function createdKeyNotes({ apiKey, owner }: CreatedKey): string {
  const subject = onOneLine(owner.subject)
  const { id, lineageExpiresAt } = apiKey
  const expiry = lineageExpiresAt && `, which expires at ${dateTime(lineageExpiresAt)}`
  const created = `Created key ${id}${expiry ?? ''}. It is not shown again.\n`
  const withheld = notGranted(apiKey.scopes, owner)
  const suspended = `The user ${subject} is suspended: the key is refused until \`latchkey users reactivate\`.\n`
  const narrowed = `The grant of ${subject} withholds scopes of this key, which have no effect until the grant has them: ${withheld.join(' ')}\n`
  return `${created}${owner.status === 'SUSPENDED' ? suspended : ''}${withheld.length > 0 ? narrowed : ''}`
}

function notGranted(scopes: readonly string[], owner: User): readonly string[] {
  const effective = withinGrant(scopes, grantOf(owner))
  return scopes.filter((scope) => !effective.includes(scope))
}
