import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateKey, parseKey } from '../../src/credentials/key-form.ts'
import { createTestApp, type TestApp } from '../support/app.ts'

const catalogue = [
  'read:users',
  'write:users',
  'read:keys',
  'write:keys',
  'manage:keys',
  'write:grants',
  'read:audit',
  'introspect:tokens',
]
let app: TestApp
let root: string
let rootKey: { id: string; secret: string }
/** All secrets that were sent or received. */
const secrets: string[] = []
let requests = 0

beforeAll(async () => {
  app = await createTestApp()
  await app.user('root', catalogue)
  root = await app.jwt('root', catalogue, { jti: 'token-1' })
  rootKey = await app.key('root', catalogue)
  secrets.push(root, rootKey.secret)
})
afterAll(() => app.close())

/** Runs a mutation with its own request id and returns its payload and the audit events it wrote. */
async function change(mutation: string, variables: object = {}, as = root) {
  const requestId = `request-${++requests}`
  const types = Object.keys(variables).map(
    (name) => `$${name}: ${name === 'id' ? 'ID!' : 'String'}`,
  )
  const { body } = await app.ask(
    `mutation ${types.length > 0 ? `(${types.join(', ')})` : ''} { payload: ${mutation} }`,
    { as, variables, headers: { 'x-request-id': requestId } },
  )
  expect(body.errors).toBeUndefined()
  const { secret } = body.data.payload
  if (secret !== undefined) secrets.push(secret)
  const events = await app.sql`select * from latchkey.audit_events
    where request_id = ${requestId} order by id`
  return { payload: body.data.payload, events }
}

const byRoot = {
  actor_subject: 'root',
  actor_credential_kind: 'JWT',
  actor_credential_id: 'token-1',
}
const userOf = (subject: string) =>
  change(`createUser(input: { subject: "${subject}", scopes: ["read:users"] }) { user { id } }`)
const keyOf = (name: string, as = root) =>
  change(
    `createApiKey(input: { name: "${name}", scopes: ["read:users", "write:keys", "read:keys"] }) { apiKey { id } secret }`,
    {},
    as,
  )

describe('each mutation writes actor, action, target and request to the audit trail', () => {
  it('createUser', async () => {
    const { payload, events } = await userOf('created')
    expect(events).toMatchObject([
      {
        ...byRoot,
        actor_issuer: app.issuer.issuer,
        type: 'user.created',
        target_type: 'user',
        target_id: payload.user.id,
        details: { subject: 'created', issuer: app.issuer.issuer, scopes: ['read:users'] },
      },
    ])
  })

  it('updateUser, suspendUser, reactivateUser, setUserScopes', async () => {
    const { id } = (await userOf('changed')).payload.user
    const user = { ...byRoot, target_type: 'user', target_id: id }
    for (const [mutation, type, details] of [
      [
        'updateUser(input: { id: $id, name: "C" })',
        'user.updated',
        { name: { from: null, to: 'C' } },
      ],
      [
        'suspendUser(input: { id: $id, reason: "left" })',
        'user.suspended',
        { status: { from: 'ACTIVE', to: 'SUSPENDED' }, reason: 'left' },
      ],
      [
        'reactivateUser(input: { id: $id })',
        'user.reactivated',
        { status: { from: 'SUSPENDED', to: 'ACTIVE' } },
      ],
      [
        'setUserScopes(input: { userId: $id, scopes: [] })',
        'user.scopes_set',
        { scopes: { from: ['read:users'], to: [] } },
      ],
    ] as const) {
      const { events } = await change(`${mutation} { user { id } }`, { id })
      expect(events).toMatchObject([{ ...user, type }])
      expect(events[0]?.details).toEqual(details)
    }
  })

  it('deleteUser, with the keys that were deleted with it', async () => {
    const { id } = (await userOf('deleted')).payload.user
    await change('setUserScopes(input: { userId: $id, scopes: ["write:keys"] }) { user { id } }', {
      id,
    })
    const key = await app.key('deleted', ['write:keys'])
    secrets.push(key.secret)
    const { events } = await change(
      'deleteUser(input: { id: $id, force: true }) { deletedUserId }',
      { id },
    )
    expect(events).toMatchObject([
      {
        ...byRoot,
        type: 'user.deleted',
        target_id: id,
        details: { subject: 'deleted', apiKeys: [key.id] },
      },
    ])
  })

  it('signOutEverywhere, also with a key', async () => {
    const key = await app.key('leaver', ['write:keys'])
    secrets.push(key.secret)
    const { payload, events } = await change('signOutEverywhere { at }', {}, key.secret)
    expect(events).toMatchObject([
      {
        type: 'user.signed_out',
        actor_subject: 'leaver',
        actor_credential_kind: 'API_KEY',
        actor_credential_id: key.id,
        target_type: 'user',
        details: { signedOutAt: { from: null, to: payload.at } },
      },
    ])
  })

  it('createApiKey, updateApiKey, rotateApiKey, expirePreviousSecret', async () => {
    const { payload, events } = await keyOf('one')
    const { id } = payload.apiKey
    const key = { ...byRoot, target_type: 'api_key', target_id: id }
    expect(events).toMatchObject([
      { ...key, type: 'api_key.created', details: { name: 'one', parentId: null } },
    ])
    const updated = await change(
      'updateApiKey(input: { id: $id, name: "two", scopes: ["read:users"] }) { apiKey { id } }',
      { id },
    )
    expect(updated.events).toMatchObject([
      {
        ...key,
        type: 'api_key.updated',
        details: {
          name: { from: 'one', to: 'two' },
          scopes: { from: ['read:keys', 'read:users', 'write:keys'], to: ['read:users'] },
        },
      },
    ])
    const rotated = await change('rotateApiKey(input: { id: $id }) { secret }', { id })
    expect(rotated.events).toMatchObject([
      { ...key, type: 'api_key.rotated', details: { force: false } },
    ])
    const until = rotated.events[0]?.details.previousExpiresAt
    const expired = await change('expirePreviousSecret(input: { id: $id }) { apiKey { id } }', {
      id,
    })
    expect(expired.events).toMatchObject([
      {
        ...key,
        type: 'api_key.previous_secret_expired',
        details: { previousExpiresAt: { from: until } },
      },
    ])
  })

  it('revokeApiKey and revokeAllApiKeys, with one event for each descendant', async () => {
    const parent = (await keyOf('parent')).payload
    const child = (await keyOf('child', parent.secret)).payload
    const { events } = await change(
      'revokeApiKey(input: { id: $id, reason: "leaked" }) { apiKey { id } }',
      { id: parent.apiKey.id },
    )
    const eventsByTarget = Object.fromEntries(events.map((event) => [event.target_id, event]))
    expect(Object.keys(eventsByTarget).sort()).toEqual([parent.apiKey.id, child.apiKey.id].sort())
    expect(eventsByTarget[child.apiKey.id]).toMatchObject({
      ...byRoot,
      type: 'api_key.revoked',
      details: { reason: 'leaked', ancestorId: parent.apiKey.id },
    })

    const [one, two] = [await app.key('sam', ['write:keys']), await app.key('sam', ['write:keys'])]
    const all = await change('revokeAllApiKeys(input: {}) { revokedCount }', {}, one.secret)
    expect(all.events.map((event) => [event.type, event.target_id]).sort()).toEqual(
      [one.id, two.id].map((id) => ['api_key.revoked', id]).sort(),
    )
    expect(all.events[0]).toMatchObject({
      actor_subject: 'sam',
      actor_credential_kind: 'API_KEY',
      actor_credential_id: one.id,
    })
  })

  it('but no event if nothing was changed or the change was refused', async () => {
    const { id } = (await userOf('same')).payload.user
    const { events } = await change('reactivateUser(input: { id: $id }) { user { id } }', { id })
    expect(events).toEqual([])
    const headers = { 'x-request-id': 'refused' }
    for (const mutation of [
      'createApiKey(input: { name: "", scopes: ["read:users"] }) { secret }',
      'revokeApiKey(input: { id: "0123456789abcdef" }) { apiKey { id } }',
    ]) {
      const { body } = await app.ask(`mutation { ${mutation} }`, { as: root, headers })
      expect(body.errors).toHaveLength(1)
    }
    const [row] = await app.sql`select count(*)::int as count
      from latchkey.audit_events where request_id = 'refused'`
    expect(row?.count).toBe(0)
  })
})

it('no secret, hash or token is anywhere in the audit trail', async () => {
  const rows = await app.sql`select event::text as text from latchkey.audit_events as event`
  const text = rows.map((row) => row.text).join('\n')
  expect(rows.length).toBeGreaterThan(20)
  expect(secrets.length).toBeGreaterThan(7)
  for (const secret of secrets) {
    const kept = parseKey(secret, 'lk')?.secret ?? secret.split('.')[2] ?? ''
    expect(kept.length).toBeGreaterThan(40)
    const hash = createHash('sha256').update(kept).digest()
    for (const form of [kept, hash.toString('hex'), hash.toString('base64').slice(0, 40)]) {
      expect(text.includes(form)).toBe(false)
    }
  }
})

describe('auditEvents', () => {
  const query = `query ($first: Int, $after: String, $last: Int, $before: String, $filter: AuditEventFilter) {
    auditEvents(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
      totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      nodes { id at type actor { issuer subject credentialKind credentialId } targetType targetId details requestId }
    }
  }`
  // biome-ignore lint/suspicious/noExplicitAny: the answer's own shape
  const list = async (variables: object): Promise<any> =>
    (await app.ask(query, { as: root, variables })).body.data.auditEvents

  it('requires read:audit by an explicit grant', async () => {
    const without = await app.ask(query, { as: await app.jwt('root', ['read:users']) })
    expect(without.status).toBe(403)
    expect(without.body.errors[0].extensions.missingScopes).toEqual(['read:audit'])
    await app.user('unbounded', null)
    const unbounded = await app.ask(query, { as: await app.jwt('unbounded', ['read:audit']) })
    expect(unbounded.status).toBe(403)
  })

  it('returns the events in the shape of the schema', async () => {
    const { payload } = await change('createUser(input: { subject: "shown" }) { user { id } }')
    const { nodes } = await list({ filter: { targetId: payload.user.id } })
    expect(nodes).toEqual([
      {
        id: expect.stringMatching(/^\d+$/),
        at: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
        type: 'user.created',
        actor: {
          issuer: app.issuer.issuer,
          subject: 'root',
          credentialKind: 'JWT',
          credentialId: 'token-1',
        },
        targetType: 'user',
        targetId: payload.user.id,
        details: {
          issuer: app.issuer.issuer,
          subject: 'shown',
          email: null,
          name: null,
          scopes: [],
        },
        requestId: `request-${requests}`,
      },
    ])
  })

  it('pages through all events once, newest first, from either end, also with equal times', async () => {
    const at = '2020-05-05T05:05:05.555Z'
    for (let n = 0; n < 7; n++) {
      await app.sql`insert into latchkey.audit_events (at, type, target_id) values (${at}, 'test', ${n})`
    }
    const filter = { types: ['test'] }
    const forward: string[] = []
    let after: string | null = null
    do {
      const { nodes, pageInfo, totalCount } = await list({ first: 2, after, filter })
      expect(totalCount).toBe(7)
      forward.push(...nodes.map(({ targetId }: { targetId: string }) => targetId))
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null
    } while (after !== null)
    expect(forward).toEqual(['6', '5', '4', '3', '2', '1', '0'])
    const end = await list({ last: 2, filter })
    expect(end.nodes.map(({ targetId }: { targetId: string }) => targetId)).toEqual(['1', '0'])
    const before = await list({ last: 2, before: end.pageInfo.startCursor, filter })
    expect(before.nodes.map(({ targetId }: { targetId: string }) => targetId)).toEqual(['3', '2'])
  })

  it('filters by type, actor, target and time, all together', async () => {
    const { payload } = await keyOf('filtered', rootKey.secret)
    const targetId = payload.apiKey.id
    const [event] = (await list({ filter: { targetId } })).nodes
    const count = async (filter: object) =>
      (await list({ filter: { targetId, ...filter } })).totalCount
    const next = new Date(Date.parse(event.at) + 1).toISOString()
    expect(await count({ types: ['api_key.created', 'x'] })).toBe(1)
    expect(await count({ types: ['api_key.revoked'] })).toBe(0)
    expect(await count({ types: [] })).toBe(0)
    expect(await count({ types: null, since: null })).toBe(1)
    expect(await count({ actorSubject: 'root' })).toBe(1)
    expect(await count({ actorSubject: 'alice' })).toBe(0)
    expect(await count({ since: event.at, until: next })).toBe(1)
    expect(await count({ since: next })).toBe(0)
    expect(await count({ until: event.at })).toBe(0)
  })

  it('accepts any filter without failing', async () => {
    for (const filter of [
      { actorSubject: 'a\u0000b' },
      { targetId: "'; drop table users" },
      { types: ['\u0000'] },
      { until: '0000-01-01T00:00:00Z' },
    ]) {
      expect((await list({ filter })).totalCount).toBe(0)
    }
    expect((await list({ filter: { since: '0000-01-01T00:00:00Z' } })).totalCount).toBeGreaterThan(
      0,
    )
    const cursor = (text: string) => Buffer.from(text).toString('base64url')
    for (const after of [
      'x',
      cursor('1:x'),
      cursor('999999999999999:1'),
      cursor(`1:${'9'.repeat(30)}`),
    ]) {
      const { body } = await app.ask(query, { as: root, variables: { after } })
      expect(body.errors[0].extensions).toEqual({ code: 'BAD_USER_INPUT', field: 'after' })
    }
  })
})

describe('a refused credential', () => {
  it('is recorded with its reason and source address, and with no part of the credential', async () => {
    const own = await createTestApp()
    await own.user('root', catalogue)
    const key = await own.key('root', ['read:users'])
    await own.byHand`update latchkey.api_keys set revoked_at = now() where id = ${key.id}`
    const unknown = generateKey('lk')
    const send = (credential: string, peerAddress: string) =>
      own.fetch(
        new Request('http://latchkey.test/graphql?query={viewer{subject}}', {
          headers: { authorization: `Bearer ${credential}`, 'x-request-id': 'first' },
        }),
        { peerAddress },
      )
    const hostile = await own.jwt('root', [], { aud: 'elsewhere' })
    for (const credential of [
      key.secret,
      key.secret,
      unknown.key,
      hostile,
      'canary-in-a-coal-mine',
    ]) {
      expect((await send(credential, '203.0.113.7')).status).toBe(401)
    }
    for (let n = 0; n < 200; n++) await send(generateKey('lk').key, `198.51.100.${n}`)
    await own.flush()
    const rows = await own.sql`select * from latchkey.audit_events
      where type = 'credential.refused' order by id`
    const from = (address: string | null) =>
      rows
        .filter(({ details }) => details.sourceAddress === address)
        .map(({ details, target_id }) => [details.reason, details.count, target_id])
        .sort()
    expect(from('203.0.113.7')).toEqual([
      ['jwt-audience', 1, null],
      ['key-revoked', 2, key.id],
      ['key-unknown', 1, null],
      ['unrecognised', 1, null],
    ])
    expect(rows[0]).toMatchObject({ actor_subject: null, request_id: 'first' })
    expect(rows.length).toBeLessThanOrEqual(51)
    const total = rows.reduce((sum, { details }) => sum + details.count, 0)
    expect(total).toBe(205)
    expect(JSON.stringify(rows)).not.toMatch(/canary/)
    for (const secret of [key.secret, unknown.key].map((text) => parseKey(text, 'lk')?.secret)) {
      expect(JSON.stringify(rows)).not.toContain(secret)
    }
    await own.close()
  })
})
