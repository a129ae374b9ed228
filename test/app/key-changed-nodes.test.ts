import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { createLogger } from '../../src/log.ts'
import { type App, createApp } from '../../src/server/create-app.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { readResults } from '../support/event-stream.ts'
import { temporaryFolder } from '../support/server-process.ts'

let app: TestApp
let other: App
let jwt: string

beforeAll(async () => {
  app = await createTestApp()
  other = await createApp(
    loadConfig({
      DATABASE_URL: app.databaseUrl,
      JWT_ISSUER: app.issuer.issuer,
      JWT_AUDIENCE: 'https://api.example',
      DATA_DIR: temporaryFolder(),
    }),
    { log: createLogger({ level: 'silent' }) },
  )
  jwt = await app.jwt('ada', ['read:keys', 'write:keys'])
  await app.user('ada')
})
afterAll(async () => {
  await other.close()
  await app.close()
})

const post = (node: Pick<App, 'fetch'>, query: string, accept: string, as = jwt) =>
  node.fetch(
    new Request('http://latchkey.test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, authorization: `Bearer ${as}` },
      body: JSON.stringify({ query }),
    }),
  )

const subscribe = async (node: Pick<App, 'fetch'>, as = jwt) =>
  readResults(
    await post(
      node,
      'subscription { keyChanged { kind apiKey { name } } }',
      'text/event-stream',
      as,
    ),
  )

describe('Subscription.keyChanged on two nodes', () => {
  it('reports changes that the other node made, and uses there', async () => {
    const streams = [await subscribe(app), await subscribe(other)]
    const { secret } = await app.key('ada', ['read:keys'], { name: 'made on the first' })
    for (const { next } of streams) {
      expect((await next()).data.keyChanged).toEqual({
        kind: 'CREATED',
        apiKey: { name: 'made on the first' },
      })
    }
    await post(other, '{ viewer { subject } }', 'application/json', secret)
    for (const { next, leave } of streams) {
      expect((await next()).data.keyChanged).toMatchObject({
        kind: 'USED',
        apiKey: { name: 'made on the first' },
      })
      await leave()
    }
  }, 40_000)

  it('refuses the 51st stream of a user, until one is left', async () => {
    const as = await app.jwt('grace', ['read:keys'])
    const streams: Awaited<ReturnType<typeof subscribe>>[] = []
    for (let n = 0; n < 50; n++) streams.push(await subscribe(other, as))
    const refused = await subscribe(other, as)
    expect((await refused.next()).errors[0].extensions.code).toBe('RATE_LIMITED')
    await streams.pop()?.leave()
    const again = await subscribe(other, as)
    await app.key('grace', ['read:keys'])
    expect(await again.next()).toMatchObject({ data: { keyChanged: { kind: 'CREATED' } } })
    for (const { leave } of [...streams, again]) await leave()
  })

  it('ends the streams of a node that stops, and reports changes to others', async () => {
    const [stopping, lasting] = [await subscribe(other), await subscribe(app)]
    other.shutDown()
    expect((await stopping.next()).errors[0].extensions.code).toBe('SERVICE_UNAVAILABLE')
    expect(await stopping.next()).toBeNull()
    const late = await subscribe(other)
    expect((await late.next()).errors[0].extensions.code).toBe('SERVICE_UNAVAILABLE')
    await app.key('ada', ['read:keys'])
    expect((await lasting.next()).data.keyChanged.kind).toBe('CREATED')
    await lasting.leave()
  })
})
