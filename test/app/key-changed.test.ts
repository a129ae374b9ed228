import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, errorOf, type TestApp } from '../support/app.ts'
import { readResults } from '../support/event-stream.ts'

let app: TestApp
let jwt: string

const scopes = ['read:keys', 'write:keys', 'read:users']

beforeAll(async () => {
  app = await createTestApp()
  jwt = await app.jwt('ada', scopes)
  await app.key('ada', ['read:keys'])
})
afterAll(() => app.close())

const fields = 'kind apiKey { id name status }'

async function send(as: string | null, query: string, accept = 'text/event-stream', on = app) {
  return on.fetch(
    new Request('http://latchkey.test/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept,
        ...(as !== null && { authorization: `Bearer ${as}` }),
      },
      body: JSON.stringify({ query }),
    }),
  )
}

/** Subscribes to the changes from now on: a change before this, heard late, would be reported too. */
async function subscribe(as = jwt, args = '', on = app) {
  await on.waitForChanges()
  const response = await send(as, `subscription { keyChanged${args} { ${fields} } }`, undefined, on)
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  return readResults(response)
}

const mutate = async (input: string, as = jwt) => {
  const { body } = await app.ask(`mutation { ${input} }`, { as })
  expect(body.errors).toBeUndefined()
  return body.data
}

describe('Subscription.keyChanged', () => {
  it('reports each kind of change of the keys of the caller, and of no other', async () => {
    const { next, leave } = await subscribe()
    await app.key('bob', ['read:keys'])
    const { createApiKey } = await mutate(
      'createApiKey(input: { name: "one", scopes: ["read:keys"] }) { apiKey { id } }',
    )
    const { id } = createApiKey.apiKey
    const change = async () => (await next()).data.keyChanged
    expect(await change()).toEqual({
      kind: 'CREATED',
      apiKey: { id, name: 'one', status: 'ACTIVE' },
    })
    await mutate(`updateApiKey(input: { id: "${id}", description: "x" }) { apiKey { id } }`)
    expect(await change()).toMatchObject({ kind: 'UPDATED', apiKey: { id } })
    await mutate(`updateApiKey(input: { id: "${id}", name: "two" }) { apiKey { id } }`)
    expect(await change()).toMatchObject({ kind: 'UPDATED', apiKey: { name: 'two' } })
    await mutate(`rotateApiKey(input: { id: "${id}" }) { apiKey { id } }`)
    expect(await change()).toMatchObject({ kind: 'ROTATED', apiKey: { id } })
    await mutate(`expirePreviousSecret(input: { id: "${id}" }) { apiKey { id } }`)
    expect(await change()).toMatchObject({ kind: 'UPDATED', apiKey: { id } })
    await mutate(`revokeApiKey(input: { id: "${id}" }) { effectiveBy }`)
    expect(await change()).toMatchObject({ kind: 'REVOKED', apiKey: { id, status: 'REVOKED' } })
    await app.sql`update latchkey.api_keys set name = 'by hand' where id = ${id}`
    expect(await change()).toMatchObject({ kind: 'UPDATED', apiKey: { name: 'by hand' } })
    await leave()
  })

  it('reports that a key was used, and that it expired', async () => {
    const { id, secret } = await app.key('uma', ['read:keys'])
    const { next, leave } = await subscribe(await app.jwt('uma', scopes))
    const expiring = await app.key('uma', ['read:keys'], {
      expiresAt: new Date(Date.now() + 3_000).toISOString(),
    })
    await app.ask('{ viewer { subject } }', { as: secret })
    const seen: string[] = []
    while (seen.length < 3) {
      const { kind, apiKey } = (await next()).data.keyChanged
      seen.push(`${apiKey.id} ${kind}`)
    }
    expect(new Set(seen)).toEqual(
      new Set([`${expiring.id} CREATED`, `${id} USED`, `${expiring.id} EXPIRED`]),
    )
    await leave()
  }, 40_000)

  it("reports changes of another user's keys to a caller with manage:keys and read:users", async () => {
    const carol = await app.user('carol')
    await app.user('root', ['manage:keys', 'read:keys', 'read:users'])
    const root = await app.jwt('root', ['manage:keys', 'read:keys', 'read:users'])
    const { next } = await subscribe(root, `(ownerId: "${carol.id.toUpperCase()}")`)
    const { id } = await app.key('carol', ['read:keys'])
    expect((await next()).data.keyChanged).toMatchObject({ kind: 'CREATED', apiKey: { id } })
    // The scopes are lost while the stream lasts.
    await app.sql`update latchkey.users set scopes = '{manage:keys,read:keys}' where subject = 'root'`
    expect((await next()).errors[0].extensions).toEqual({
      code: 'FORBIDDEN',
      missingScopes: ['read:users'],
    })
    expect(await next()).toBeNull()
    const late = await subscribe(root, `(ownerId: "${carol.id}")`)
    expect((await late.next()).errors[0].extensions.code).toBe('FORBIDDEN')
    expect(await late.next()).toBeNull()
  })

  it('ends with FORBIDDEN if the caller loses read:keys, and with INVALID_CREDENTIAL if its key is revoked', async () => {
    const key = await app.key('dan', ['read:keys', 'read:users'])
    const other = await app.key('dan', ['read:keys'])
    const [first, second] = [await subscribe(key.secret), await subscribe(other.secret)]
    await app.sql`update latchkey.api_keys set revoked_at = now() where id = ${other.id}`
    for (;;) {
      const result = await second.next()
      if (result.errors === undefined) continue
      expect(result.errors[0].extensions.code).toBe('INVALID_CREDENTIAL')
      break
    }
    expect(await second.next()).toBeNull()
    await app.sql`update latchkey.users set scopes = '{read:users}' where subject = 'dan'`
    for (;;) {
      const result = await first.next()
      if (result.errors === undefined) continue
      expect(result.errors[0].extensions).toMatchObject({
        code: 'FORBIDDEN',
        missingScopes: ['read:keys'],
      })
      break
    }
    expect(await first.next()).toBeNull()
  })

  it('is denied to a caller without read:keys, and refused without a credential', async () => {
    const query = `subscription { keyChanged { ${fields} } }`
    const denied = readResults(await send(await app.jwt('eve', ['read:users']), query))
    expect((await denied.next()).errors[0].extensions.code).toBe('FORBIDDEN')
    expect(await denied.next()).toBeNull()
    const anonymous = readResults(await send(null, query))
    expect((await anonymous.next()).errors[0].extensions.code).toBe('UNAUTHENTICATED')
    const refused = await send('lk_wrong', query)
    expect(refused.status).toBe(401)
    expect((await refused.json()).errors[0].extensions.code).toBe('INVALID_CREDENTIAL')
  })

  it('needs a client that accepts server-sent events', async () => {
    const query = `subscription { keyChanged { ${fields} } }`
    expect(errorOf(await app.ask(query, { as: jwt }))).toEqual({
      status: 406,
      code: 'NOT_ACCEPTABLE',
    })
    const get = await app.fetch(
      new Request(`http://latchkey.test/graphql?query=${encodeURIComponent(query)}`, {
        headers: { accept: 'text/event-stream', authorization: `Bearer ${jwt}` },
      }),
    )
    expect(get.status).toBe(406)
  })

  it('ends with SERVICE_UNAVAILABLE if changes may have been missed', async () => {
    const many = await subscribe()
    await app.sql`
      insert into latchkey.api_keys (id, owner_id, name, scopes, secret_hash)
      select lpad(n::text, 16, 'm'), users.id, 'many', '{read:keys}', ''
      from latchkey.users, generate_series(1, 150) as n where subject = 'ada'`
    for (let result = await many.next(); ; result = await many.next()) {
      if (result.errors === undefined) continue
      expect(result.errors[0].extensions.code).toBe('SERVICE_UNAVAILABLE')
      break
    }
    expect(await many.next()).toBeNull()

    const cut = await subscribe()
    app.feed.setState('cut')
    expect((await cut.next()).errors[0].extensions.code).toBe('SERVICE_UNAVAILABLE')
    expect(await cut.next()).toBeNull()
    app.feed.setState('up')
  })

  it('answers a query as a stream of one result', async () => {
    const { next } = readResults(await send(jwt, '{ viewer { subject } }'))
    expect(await next()).toEqual({ data: { viewer: { subject: 'ada' } } })
    expect(await next()).toBeNull()
    const both = await send(jwt, '{ viewer { subject } }', 'application/json, text/event-stream')
    expect(both.headers.get('content-type')).toContain('application/json')
  })
})
