import { graphql, printType } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addKeyManagement, type KeyManagementOptions } from '../../src/pothos/index.ts'
import { type Embedded, embed, serve } from '../support/embedded.ts'
import { type Customer, shopBuilder, shopSchema } from './shop-builder.ts'

let embedded: Embedded

beforeAll(async () => {
  embedded = await embed()
})

afterAll(() => embedded.close())

const withKeys = (options: Omit<KeyManagementOptions, 'latchkey'> = {}) =>
  shopSchema(embedded.latchkey, options)

describe('the schema of an application', () => {
  it('creates, uses, narrows, widens, rotates and revokes a key', async () => {
    const ask = serve(withKeys(), embedded)
    const jwt = await embedded.issuer.sign({
      scope: 'read:orders write:orders read:keys write:keys',
    })
    const created = await ask(
      jwt,
      `mutation { createApiKey(input: { name: "CI", scopes: ["read:orders", "write:orders"] }) {
        secret apiKey { id start name scopes effectiveScopes status createdAt parent { id } }
      } }`,
    )
    expect(created.errors).toBeUndefined()
    const { secret, apiKey } = created.data.createApiKey
    expect(secret).toMatch(/^shop_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}$/)
    expect(apiKey).toMatchObject({
      start: `shop_${apiKey.id}`,
      scopes: ['read:orders', 'write:orders'],
      effectiveScopes: ['read:orders', 'write:orders'],
      status: 'ACTIVE',
      parent: null,
    })
    const input = { id: apiKey.id }
    expect(await ask(secret, '{ orders }')).toEqual({ data: { orders: ['one', 'two'] } })

    const update =
      'mutation ($input: UpdateApiKeyInput!) { updateApiKey(input: $input) { apiKey { scopes } } }'
    expect(await ask(jwt, update, { input: { ...input, scopes: ['write:orders'] } })).toEqual({
      data: { updateApiKey: { apiKey: { scopes: ['write:orders'] } } },
    })
    const denied = await ask(secret, '{ orders }')
    expect(denied.errors?.[0]?.extensions).toMatchObject({
      code: 'FORBIDDEN',
      missingScopes: ['read:orders'],
    })
    expect(await ask(jwt, update, { input: { ...input, addScopes: ['read:orders'] } })).toEqual({
      data: { updateApiKey: { apiKey: { scopes: ['read:orders', 'write:orders'] } } },
    })
    expect(await ask(secret, '{ orders }')).toEqual({ data: { orders: ['one', 'two'] } })

    const rotate =
      'mutation ($input: RotateApiKeyInput!) { rotateApiKey(input: $input) { secret apiKey { id } } }'
    const rotated = await ask(jwt, rotate, { input: { ...input, gracePeriodSeconds: 0 } })
    expect(rotated.data.rotateApiKey.apiKey).toEqual(input)
    const list =
      '{ apiKeys(first: 5, status: ACTIVE) { totalCount pageInfo { hasNextPage } edges { cursor } nodes { id name } } }'
    expect(await ask(jwt, list)).toEqual({
      data: {
        apiKeys: {
          totalCount: 1,
          pageInfo: { hasNextPage: false },
          edges: [{ cursor: expect.any(String) }],
          nodes: [{ id: apiKey.id, name: 'CI' }],
        },
      },
    })
    const revoke =
      'mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { apiKey { status } effectiveBy } }'
    expect(await ask(jwt, revoke, { input })).toEqual({
      data: { revokeApiKey: { apiKey: { status: 'REVOKED' }, effectiveBy: expect.any(String) } },
    })
    for (const dead of [secret, rotated.data.rotateApiKey.secret]) {
      expect((await ask(dead, '{ orders }')).errors?.[0]?.extensions?.code).toBe(
        'INVALID_CREDENTIAL',
      )
    }
  })

  it('keeps the codes of errors, beside the errors plugin', async () => {
    const schema = withKeys()
    expect(printType(schema.getType('CreateApiKeyPayload') as never)).toContain('secret: String!')
    expect(schema.getMutationType()?.getFields().createApiKey?.type.toString()).toBe(
      'CreateApiKeyPayload!',
    )
    const ask = serve(schema, embedded)
    const jwt = await embedded.issuer.sign({ scope: 'read:keys write:keys' })
    const create = (scopes: string) =>
      `mutation { createApiKey(input: { name: "CI", scopes: [${scopes}] }) { secret } }`
    const codes = async (credential: string | null, query: string) =>
      (await ask(credential, query)).errors?.map(({ extensions }) => extensions)
    expect(await codes(jwt, create('"read:orders"'))).toMatchObject([
      { code: 'FORBIDDEN', missingScopes: ['read:orders'] },
    ])
    expect(await codes(jwt, create(''))).toMatchObject([
      { code: 'BAD_USER_INPUT', field: 'scopes' },
    ])
    expect(await codes(null, create('"read:orders"'))).toMatchObject([{ code: 'UNAUTHENTICATED' }])
    const revoke = 'mutation { revokeApiKey(input: { id: "0123456789abcdef" }) { effectiveBy } }'
    expect(await codes(jwt, revoke)).toMatchObject([{ code: 'NOT_FOUND' }])
  })

  it('refuses a payload that discloses more than a query would, before any change', async () => {
    const ask = serve(withKeys(), embedded)
    const all = await embedded.issuer.sign({ sub: 'carol', scope: 'read:keys write:keys' })
    const writer = await embedded.issuer.sign({ sub: 'carol', scope: 'write:keys' })
    const { data } = await ask(
      all,
      'mutation { createApiKey(input: { name: "old", scopes: ["write:keys"] }) { apiKey { id } } }',
    )
    const { id } = data.createApiKey.apiKey
    const denied = await ask(
      writer,
      `mutation { updateApiKey(input: { id: "${id}", name: "new" }) { apiKey { name lastUsedAt } } }`,
    )
    expect(denied.errors?.[0]?.extensions).toMatchObject({
      code: 'FORBIDDEN',
      missingScopes: ['read:keys'],
    })
    expect((await ask(all, `{ apiKey(id: "${id}") { name } }`)).data.apiKey.name).toBe('old')
  })

  it('does not show the keys of another user', async () => {
    const ask = serve(withKeys(), embedded)
    const alice = await embedded.issuer.sign({ sub: 'alice', scope: 'read:keys write:keys' })
    const bob = await embedded.issuer.sign({ sub: 'bob', scope: 'read:keys write:keys' })
    const { data } = await ask(
      alice,
      'mutation { createApiKey(input: { name: "hers", scopes: ["read:keys"] }) { apiKey { id } } }',
    )
    const { id } = data.createApiKey.apiKey
    expect(await ask(bob, `{ apiKey(id: "${id}") { name } }`)).toEqual({ data: { apiKey: null } })
    const revoked = await ask(
      bob,
      `mutation { revokeApiKey(input: { id: "${id}" }) { effectiveBy } }`,
    )
    expect(revoked.errors?.[0]?.extensions?.code).toBe('NOT_FOUND')
  })

  it('refuses a principal that the instance did not make', async () => {
    const schema = withKeys({ include: ['viewer'] })
    const jwt = await embedded.issuer.sign({ scope: 'read:keys write:keys' })
    const found = await embedded.latchkey.authenticator.authenticate({
      header: (name) => (name === 'authorization' ? `Bearer ${jwt}` : null),
      queryParameters: () => [],
    })
    const principal = found.kind === 'authenticated' ? found.principal : null
    const source = `mutation {
      createApiKey(input: { name: "CI", scopes: ["read:keys"] }) { secret }
    }`
    const run = (contextValue: object) => graphql({ schema, source, contextValue })
    expect((await run({ principal })).data).toMatchObject({
      createApiKey: { secret: expect.stringMatching(/^shop_/) },
    })
    for (const foreign of [{ ...principal }, structuredClone(principal)]) {
      const { data, errors } = await run({ principal: foreign })
      expect(data).toBeNull()
      expect(errors?.[0]?.message).toMatch(
        /^The principal in the context of the request is not one/,
      )
    }
    expect((await run({})).data).toBeNull()
  })

  it('may show its own type as the owner of a key', async () => {
    const customers = new Map([['erin', { subject: 'erin', nickname: 'E.' }]])
    const builder = shopBuilder()
    const CustomerRef = builder.objectRef<Customer>('Customer').implement({
      fields: (t) => ({ nickname: t.exposeString('nickname') }),
    })
    addKeyManagement(builder, {
      latchkey: embedded.latchkey,
      include: ['viewer'],
      owner: {
        type: CustomerRef,
        resolve: ({ subject, issuer }, context) => {
          expect(issuer).toBe(embedded.issuer.issuer)
          expect(context.principal?.subject).toBe(subject)
          return customers.get(subject) ?? null
        },
      },
    })
    const ask = serve(builder.toSchema(), embedded)
    const create =
      'mutation { createApiKey(input: { name: "CI", scopes: ["read:keys"] }) { apiKey { owner { nickname } } } }'
    const scope = 'read:keys write:keys'
    const erin = await embedded.issuer.sign({ sub: 'erin', scope })
    expect((await ask(erin, create)).data.createApiKey.apiKey.owner).toEqual({ nickname: 'E.' })
    expect((await ask(erin, '{ viewer { user { nickname } } }')).data.viewer.user).toEqual({
      nickname: 'E.',
    })
    const frank = await embedded.issuer.sign({ sub: 'frank', scope })
    expect((await ask(frank, create)).data.createApiKey.apiKey.owner).toBeNull()
  })
})
