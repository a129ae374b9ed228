import { randomUUID } from 'node:crypto'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operator } from '../../src/audit/actor.ts'
import { generateKey } from '../../src/credentials/key-form.ts'
import { type Database, openDatabase } from '../../src/db/database.ts'
import { migrate, verifySchema, withMigrations } from '../../src/db/migrate.ts'
import { awaitNodes } from '../../src/db/nodes.ts'
import { schemaNames } from '../../src/db/schema-names.ts'
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts'

/* Two applications on one database, and the server's own schema beside them. */

/** Names that are reserved words of SQL must be quoted everywhere. */
const names = ['user', 'auth_2'] as const
const role = `latchkey_schemas_${process.pid}`
let database: TestDatabase
let sql: postgres.Sql
let first: Database
let second: Database

beforeAll(async () => {
  database = await createEmptyDatabase()
  sql = postgres(database.url, { max: 1, onnotice: () => {} })
  await Promise.all([...names, undefined].map((schema) => migrateTo(schema)))
  first = open('user')
  second = open('auth_2')
})
afterAll(async () => {
  await Promise.all([first.close(), second.close()])
  await sql.unsafe(`drop owned by ${role}; drop role ${role}`)
  await sql.end()
  await database.close()
})

const migrateTo = (schema: string | undefined) =>
  migrate(database.url, schema === undefined ? {} : { schema })
const open = (schema: string) =>
  openDatabase({ url: database.url, schema: schemaNames(schema), defaultUserScopes: null })

/** Definitions of the schema as PostgreSQL prints them, with the names that depend on the schema replaced. */
async function definitionsOf(schema: string): Promise<readonly string[]> {
  const rows = await sql<{ text: string }[]>`
    select format('%s %s %s', table_name, column_name, column_default) as text
      from information_schema.columns where table_schema = ${schema}
    union all select pg_get_constraintdef(oid) from pg_constraint
      where connamespace = ${`"${schema}"`}::regnamespace
    union all select indexdef from pg_indexes where schemaname = ${schema}
    union all select tgenabled::text || pg_get_triggerdef(pg_trigger.oid) from pg_trigger
      join pg_class on pg_class.oid = tgrelid
      where relnamespace = ${`"${schema}"`}::regnamespace and not tgisinternal
    union all select pg_get_functiondef(oid) from pg_proc
      where pronamespace = ${`"${schema}"`}::regnamespace
    order by 1`
  const { changeChannel, eventChannel, counterSetting, lockKey } = schemaNames(schema)
  return rows
    .map(({ text }) =>
      text
        .replaceAll(changeChannel, '<channel>')
        .replaceAll(eventChannel, '<event channel>')
        .replaceAll(counterSetting, '<counter>')
        .replaceAll(lockKey(2).join(', '), '<lock>')
        .replaceAll(new RegExp(`"?\\b${schema}\\b"?\\.`, 'g'), '<schema>.')
        .replaceAll(`'"${schema}"'::regnamespace`, '<namespace>')
        .replaceAll(`'${schema}'::regnamespace`, '<namespace>'),
    )
    .sort()
}

/** Inserts a user and a key by hand, and returns their ids. */
async function insertKey(schema: string) {
  const [user] = await sql`insert into ${sql(schema)}.users (issuer, subject)
    values ('https://issuer.example', ${randomUUID()}) returning id`
  const { id } = generateKey('lk')
  await sql`insert into ${sql(schema)}.api_keys (id, owner_id, name, scopes, secret_hash)
    values (${id}, ${user?.id}, 'CI', ${['read:orders', 'write:orders']}, 'x')`
  return { keyId: id, userId: String(user?.id) }
}

/** Collects the changes that `of` reports, from the first heartbeat on. */
async function changesOf(of: Database) {
  const changes: string[] = []
  let heard = 0
  const watch = of.directory.watch?.(
    {
      changed: (change) => void changes.push('id' in change ? change.id : change.kind),
      heartbeat: () => void heard++,
      restarted: () => {},
      lost: () => {},
    },
    2000,
  )
  const nextHeartbeats = async () => {
    const before = heard
    await expect.poll(() => heard, { timeout: 10_000 }).toBeGreaterThan(before + 1)
  }
  await nextHeartbeats()
  changes.length = 0
  return { changes, nextHeartbeats, close: () => watch?.close() }
}

describe('each of several schemas in one database', () => {
  it('has the same tables, triggers and functions as the default schema', async () => {
    const standard = await definitionsOf('latchkey')
    expect(standard.length).toBeGreaterThan(100)
    for (const name of names) expect(await definitionsOf(name)).toEqual(standard)
  })

  it('is up to date for its own migrations, and is verified', async () => {
    for (const schema of names) {
      await expect(verifySchema(database.url, { schema })).resolves.toBeUndefined()
      const status = await withMigrations(database.url, { schema }, ({ readState }) => readState())
      expect(status.pending).toEqual([])
    }
    await expect(verifySchema(database.url, { schema: 'none' })).rejects.toThrow(
      /no tables of Latchkey: run `latchkey migrate --schema none` first/,
    )
  })

  it('has its own users and keys', async () => {
    const { keyId, userId } = await insertKey('user')
    expect(await first.directory.findKeyForVerification(keyId)).toMatchObject({
      owner: { userId },
    })
    expect(await second.directory.findKeyForVerification(keyId)).toBeNull()
    expect(await second.users.find(userId)).toBeNull()
    expect(await first.keys.revoke(keyId, null, new Date(), operator)).not.toBeNull()
    expect(await second.keys.revoke(keyId, null, new Date(), operator)).toBeNull()
  })

  it('reports its own changes alone, however many a transaction makes in another', async () => {
    const one = await insertKey('user')
    const many = await Promise.all(Array.from({ length: 102 }, () => insertKey('user')))
    const other = await insertKey('auth_2')
    const [own, others] = await Promise.all([changesOf(first), changesOf(second)])
    await sql`update "user".api_keys set name = 'new' where id = ${one.keyId}`
    await own.nextHeartbeats()
    await others.nextHeartbeats()
    expect(own.changes).toEqual([one.keyId])
    expect(others.changes).toEqual([])

    await sql.begin(async (transaction) => {
      await transaction`update "user".api_keys set name = 'newer'
        where id = any(${many.map(({ keyId }) => keyId)})`
      await transaction`update auth_2.api_keys set name = 'newer' where id = ${other.keyId}`
    })
    await own.nextHeartbeats()
    await others.nextHeartbeats()
    expect(own.changes).toContain('everything')
    expect(others.changes).toEqual([other.keyId])

    for (const [schema, nodes] of [
      ['user', 1],
      ['auth_2', 1],
      ['latchkey', 0],
    ] as const) {
      const { answered, unanswered } = await awaitNodes({
        url: database.url,
        maxStaleness: 2000,
        schema: schemaNames(schema),
      })
      expect([answered.length, unanswered.length]).toEqual([nodes, 0])
    }
    await Promise.all([own.close(), others.close()])
  })

  it('waits for no lock of another', async () => {
    for (const schema of names) {
      const { keyId } = await insertKey(schema)
      await sql`update ${sql(schema)}.api_keys set revoked_at = '2020-01-01Z' where id = ${keyId}`
    }
    await sql.begin(async (transaction) => {
      for (const schema of ['latchkey', 'auth_2']) {
        for (const number of [2, 3, 4]) {
          const [space, key] = schemaNames(schema).lockKey(number)
          await transaction`select pg_advisory_xact_lock(${space}, ${key})`
        }
      }
      const limits = { grace: new Date(), death: new Date() }
      expect(await first.keys.eraseDeadSecrets(limits)).toBeGreaterThan(0)
      expect(await second.keys.eraseDeadSecrets(limits)).toBe(0)
      await withMigrations(database.url, { schema: 'user' }, ({ grant }) => grant(role))
    })
  })

  it('has its own rights', async () => {
    await sql.unsafe(`alter role ${role} password 'only for this test'`)
    const url = new URL(database.url)
    Object.assign(url, { username: role, password: 'only for this test' })
    await expect(verifySchema(url.href, { schema: 'user' })).resolves.toBeUndefined()
    await expect(verifySchema(url.href, { schema: 'auth_2' })).rejects.toThrow(
      `may not read auth_2.migrations: run \`latchkey migrate --schema auth_2 --grant ${role}\``,
    )
    const limited = openDatabase({
      url: url.href,
      schema: schemaNames('user'),
      defaultUserScopes: null,
    })
    const { keyId } = await insertKey('user')
    expect(await limited.directory.findKeyForVerification(keyId)).not.toBeNull()
    await limited.audit.ensurePartitions()
    await limited.close()
  })
})
