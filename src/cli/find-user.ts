import { isUserId } from '../users/identity.ts'
import type { UserStore } from '../users/store.ts'
import type { User } from '../users/user.ts'
import { TargetNotFoundError, UsageError } from './exit-codes.ts'

/**
 * Finds a user by id, otherwise by subject. `issuer` is needed where several issuers have that subject.
 *
 * @throws TargetNotFoundError when there is no such user
 * @throws UsageError when several issuers have that subject and `issuer` is not given
 */
export async function findUser(
  users: UserStore,
  idOrSubject: string,
  issuer: string | undefined,
): Promise<User> {
  const byId = isUserId(idOrSubject) ? await users.find(idOrSubject) : null
  if (byId !== null) return byId
  if (issuer !== undefined)
    return requireUser(await users.findByIdentity(issuer, idOrSubject), idOrSubject)
  const found = await bySubject(users, idOrSubject)
  if (found.length > 1) {
    const issuers = found.map((user) => `  ${user.issuer}`).sort()
    throw new UsageError(
      `Several issuers have a user with this subject. Choose one with --issuer:\n${issuers.join('\n')}`,
    )
  }
  return requireUser(found[0] ?? null, idOrSubject)
}

async function bySubject(users: UserStore, subject: string): Promise<readonly User[]> {
  const filter = { status: null, search: subject }
  const found: User[] = []
  let after = null
  for (;;) {
    const page = await users.list(filter, { limit: 100, after, before: null, fromEnd: false })
    found.push(...page.rows.filter((user) => user.subject === subject))
    const last = page.rows.at(-1)
    if (!page.more || last === undefined) return found
    after = { at: last.createdAt, id: last.id }
  }
}

/** @throws TargetNotFoundError when `user` is `null` */
export function requireUser(user: User | null, named: string): User {
  if (user === null) throw new TargetNotFoundError('user', named)
  return user
}
