import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'

let app: TestApp

afterEach(() => app.close())

const used = '{ viewer { subject } }'

/** Sends a query from an address, through a proxy if `forwardedFor` is given. */
async function useKey(
  secret: string,
  { peer, agent, forwardedFor }: { peer: string | null; agent?: string; forwardedFor?: string },
) {
  const response = await app.fetch(
    new Request('http://latchkey.test/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${secret}`,
        ...(agent !== undefined && { 'user-agent': agent }),
        ...(forwardedFor !== undefined && { 'x-forwarded-for': forwardedFor }),
      },
      body: JSON.stringify({ query: used }),
    }),
    { peerAddress: peer },
  )
  expect(response.status).toBe(200)
}

const fields =
  'lastUsedAt lastUsedFrom { address userAgent } previousSecret { lastUsedFrom { address userAgent } }'

/** Waits until the uses are written, and reads the key. */
async function keyAfterWrite(id: string, as: string) {
  for (let n = 0; ; n++) {
    const { body } = await app.ask(`{ apiKey(id: "${id}") { ${fields} } }`, { as })
    if (body.data.apiKey.lastUsedAt !== null || n > 80) return body.data.apiKey
    await sleep(150)
  }
}

describe('ApiKey.lastUsedFrom', () => {
  it('is the client behind the trusted proxies, within 10 seconds', async () => {
    app = await createTestApp({ TRUSTED_PROXIES: '10.0.0.0/8' })
    const jwt = await app.jwt('ada', ['read:keys', 'write:keys'])
    const [proxied, direct] = [
      await app.key('ada', ['read:keys']),
      await app.key('ada', ['read:keys']),
    ]
    await useKey(proxied.secret, { peer: '10.1.2.3', agent: 'ci/1.0', forwardedFor: '203.0.113.7' })
    await useKey(direct.secret, { peer: '198.51.100.1', agent: 'x', forwardedFor: '203.0.113.7' })
    expect((await keyAfterWrite(proxied.id, jwt)).lastUsedFrom).toEqual({
      address: '203.0.113.7',
      userAgent: 'ci/1.0',
    })
    expect((await keyAfterWrite(direct.id, jwt)).lastUsedFrom).toEqual({
      address: '198.51.100.1',
      userAgent: 'x',
    })
  }, 40_000)

  it('has the address of each secret in a grace period, and is erased with the key', async () => {
    app = await createTestApp()
    const jwt = await app.jwt('ada', ['read:keys', 'write:keys'])
    const { id, secret } = await app.key('ada', ['read:keys'])
    const { body } = await app.ask(
      `mutation { rotateApiKey(input: { id: "${id}" }) { secret apiKey { previousSecret { lastUsedFrom { address } } } } }`,
      { as: jwt },
    )
    expect(body.data.rotateApiKey.apiKey.previousSecret.lastUsedFrom).toBeNull()
    await useKey(secret, { peer: '192.0.2.1', agent: 'old' })
    await sleep(5)
    await useKey(body.data.rotateApiKey.secret, { peer: '192.0.2.2', agent: 'new' })
    const key = await keyAfterWrite(id, jwt)
    expect(key.lastUsedFrom).toEqual({ address: '192.0.2.2', userAgent: 'new' })
    expect(key.previousSecret.lastUsedFrom).toEqual({ address: '192.0.2.1', userAgent: 'old' })

    await app.sql`update latchkey.api_keys set revoked_at = now() - interval '31 days' where id = ${id}`
    const now = new Date()
    const death = new Date(now.getTime() - 30 * 24 * 3_600_000)
    await app.stores.keys.eraseDeadSecrets({ grace: now, death })
    expect(await app.stores.keys.find(id)).toMatchObject({
      lastUsedFrom: null,
      previousLastUsedFrom: null,
    })
  }, 40_000)

  it('is not stored with RECORD_CLIENTS=false, and is unknown for an introspected key', async () => {
    app = await createTestApp({ RECORD_CLIENTS: 'false' })
    const jwt = await app.jwt('ada', ['read:keys', 'write:keys'])
    const { id, secret } = await app.key('ada', ['read:keys'])
    await useKey(secret, { peer: '192.0.2.1', agent: 'a' })
    const key = await keyAfterWrite(id, jwt)
    expect(key.lastUsedAt).not.toBeNull()
    expect(key.lastUsedFrom).toBeNull()
  }, 40_000)
})
