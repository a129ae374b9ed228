import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import type { Actor } from '../../src/audit/actor.ts'
import { type Database, openDatabase } from '../../src/db/database.ts'
import type { ApiKey } from '../../src/keys/api-key.ts'
import type { NewKey } from '../../src/keys/store.ts'
import type { User } from '../../src/users/user.ts'
import { createTestDatabase } from '../support/database.ts'

/** The time that all these tests use as "now". */
export const now = new Date('2026-03-01T12:00:00.000Z')
export const later = (seconds: number) => new Date(now.getTime() + seconds * 1000)

export const ada: Actor = {
  issuer: 'https://issuer.example',
  subject: 'ada',
  credentialKind: 'JWT',
  credentialId: null,
  requestId: 'request-1',
}

export interface StoreFixture extends Database {
  readonly sql: postgres.Sql
  readonly url: string
  makeUser(values?: Partial<Pick<User, 'email' | 'name' | 'scopes' | 'subject'>>): Promise<User>
  makeKey(owner: User, values?: Partial<NewKey>): Promise<ApiKey>
  events(targetId: string): Promise<readonly postgres.Row[]>
}

export async function openStores(
  defaultUserScopes: readonly string[] | null = null,
): Promise<StoreFixture> {
  const { url, close } = await createTestDatabase()
  const database = openDatabase({ url, defaultUserScopes })
  const sql = postgres(url, { onnotice: () => {} })
  return {
    ...database,
    sql,
    url,
    async makeUser(values = {}) {
      const user = await database.users.insert(
        {
          issuer: 'https://issuer.example',
          subject: id(),
          email: null,
          name: null,
          scopes: null,
          ...values,
        },
        ada,
      )
      if (user === 'duplicate') throw new Error('There is that user already.')
      return user
    },
    async makeKey(owner, values = {}) {
      const made = await database.keys.insert({ ...newKey(owner), ...values }, 100, ada)
      if (typeof made === 'string' || 'notHeld' in made) throw new Error(JSON.stringify(made))
      return made
    },
    events: async (targetId) => sql`
      select type, actor_subject, actor_credential_kind, target_type, details, request_id
      from latchkey.audit_events where target_id = ${targetId} order by id`,
    async close() {
      await database.close()
      await sql.end()
      await close()
    },
  }
}

export function newKey(owner: User): NewKey {
  return {
    id: id(),
    ownerId: owner.id,
    parentId: null,
    name: 'a key',
    description: null,
    scopes: ['read:users', 'read:keys'],
    metadata: {},
    secretHash: randomBytes(32),
    secretPepper: '',
    createdAt: now,
    expiresAt: null,
  }
}

export function id(): string {
  return randomBytes(8).toString('hex')
}
