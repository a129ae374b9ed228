import { setTimeout } from 'node:timers/promises'
import { actorOf, type Caller } from '../audit/caller.ts'
import type { Principal } from '../principal.ts'
import type { SignedOutToken, UserStore } from './store.ts'

export interface SignOutOptions {
  readonly store: Pick<UserStore, 'signOut'>
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** The JWT that a caller presented; `null` for an API key. */
  readonly tokenOf?: (principal: Principal) => SignedOutToken | null
}

/** @returns the time from which newly issued JWTs are accepted; `null` if the user does not exist */
export async function signOut(
  { store, now, tokenOf }: SignOutOptions,
  caller: Caller,
): Promise<Date | null> {
  const { userId } = caller.principal
  const requestedAt = now()
  // `iat` counts whole seconds. JWTs of the current second are refused, and JWTs that are issued after the
  // response must be accepted, so the response waits for the next second.
  const second = Math.ceil(requestedAt / 1000)
  const token = tokenOf?.(caller.principal) ?? null
  const later = token !== null && token.issuedAt >= second ? [token] : []
  const at = await store.signOut(userId, new Date(second * 1000), actorOf(caller), ...later)
  await setTimeout(second * 1000 - requestedAt)
  return at
}
