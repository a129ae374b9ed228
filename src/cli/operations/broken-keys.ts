import type { Evaluation } from '../../decision/index.ts'
import type { ApiKey } from '../../keys/api-key.ts'
import type { Page, PageRequest, Position } from '../../pagination.ts'
import { withinGrant } from '../../principal.ts'
import { missingScopes } from '../../scopes.ts'
import { grantOf, type User } from '../../users/user.ts'
import type { OperatorDatabase } from '../command-context.ts'
import { allows } from './needs.ts'

/** An operation that needs more scopes than before. */
export interface Change {
  readonly name: string
  readonly before: Evaluation
  readonly after: Evaluation
}

export interface BrokenKey {
  readonly key: ApiKey
  readonly owner: User
  /** The operations that the key may run now, but not after the change. */
  readonly operations: readonly string[]
  /** The scopes that the key lacks for these operations, sorted. */
  readonly missing: readonly string[]
}

/** Finds the active keys whose effective scopes allow one of the operations before the change, but not after it. */
export async function findBrokenKeys(
  { users, keys }: Pick<OperatorDatabase, 'users' | 'keys'>,
  changes: readonly Change[],
  now: Date,
): Promise<readonly BrokenKey[]> {
  const broken: BrokenKey[] = []
  for await (const owner of all((page) => users.list({ status: null, search: null }, page))) {
    const filter = { ownerId: owner.id, status: 'ACTIVE', now } as const
    for await (const key of all((page) => keys.list(filter, page))) {
      const held = withinGrant(key.lineageScopes, grantOf(owner))
      const brokenOperations = changes.filter(
        ({ before, after }) => allows(before, held) && !allows(after, held),
      )
      if (brokenOperations.length === 0) continue
      const missing = brokenOperations.flatMap(({ after }) =>
        missingScopes(after.scopes, new Set(held)),
      )
      broken.push({
        key,
        owner,
        operations: brokenOperations.map(({ name }) => name),
        missing: [...new Set(missing)].sort(),
      })
    }
  }
  return broken
}

async function* all<T extends { readonly id: string; readonly createdAt: Date }>(
  list: (page: PageRequest) => Promise<Page<T>>,
): AsyncGenerator<T> {
  let after: Position | null = null
  for (;;) {
    const page: Page<T> = await list({ limit: 100, after, before: null, fromEnd: false })
    yield* page.rows
    const last = page.rows.at(-1)
    if (!page.more || last === undefined) return
    after = { at: last.createdAt, id: last.id }
  }
}
