import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { composeServices } from '@theguild/federation-composition'
import { parse } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listen } from '../../src/node/listen.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { reviewsSdl, serveReviews } from './reviews.ts'

const folder = new URL('../gateway/', import.meta.url).pathname
const installed = existsSync(join(folder, 'node_modules/@graphql-hive/gateway'))
const install = 'npm ci --prefix test/gateway --ignore-scripts --omit=optional'

if (!installed) {
  it.skipIf(!process.env.CI)(`needs the gateway: ${install}`, () => {
    throw new Error(`The gateway is not installed. Run \`${install}\`.`)
  })
}

describe.skipIf(!installed)('through a gateway that forwards the credential', () => {
  let app: TestApp
  let gateway: ChildProcess
  let url: string
  const closing: (() => Promise<void>)[] = []
  /** An API key and a JWT of each kind. */
  let readers: string[]
  let others: string[]

  beforeAll(async () => {
    app = await createTestApp()
    closing.push(() => app.close())
    const { id } = await app.user('alice')
    readers = [
      (await app.key('alice', ['read:users'])).secret,
      await app.jwt('alice', ['read:users']),
    ]
    others = [(await app.key('alice', ['read:keys'])).secret, await app.jwt('alice', ['read:keys'])]
    const listener = await listen({ host: '127.0.0.1', port: 0, handler: app.fetch })
    closing.push(async () => {
      listener.destroy()
      await listener.close()
    })
    const reviews = await serveReviews(id)
    closing.push(reviews.close)

    const { body } = await app.ask('{ _service { sdl } }')
    const { supergraphSdl } = composeServices([
      {
        name: 'latchkey',
        typeDefs: parse(body.data._service.sdl),
        url: `http://127.0.0.1:${listener.port}/graphql`,
      },
      { name: 'reviews', typeDefs: parse(reviewsSdl), url: reviews.url },
    ])
    const file = join(mkdtempSync(join(tmpdir(), 'latchkey-')), 'supergraph.graphql')
    writeFileSync(file, supergraphSdl ?? '')
    gateway = spawn(process.execPath, ['serve.js', file], {
      cwd: folder,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const port = await new Promise<string>((resolve, reject) => {
      gateway.stdout?.once('data', (line) => resolve(String(line).trim()))
      gateway.once('exit', (code) => reject(new Error(`The gateway ended with ${code}.`)))
    })
    url = `http://127.0.0.1:${port}/graphql`
  })
  afterAll(async () => {
    gateway?.kill()
    for (const close of closing.reverse()) await close()
  })

  async function ask(query: string, as?: string) {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(as !== undefined && { authorization: `Bearer ${as}` }),
      },
      body: JSON.stringify({ query }),
    })
    const body = await response.json()
    return { data: body.data, errors: body.errors?.map(codeAndScopes) }
  }

  it('public fields need no credential', async () => {
    expect((await ask('{ reviews { text } viewer { subject } }')).data).toEqual({
      reviews: [{ text: 'Opens every door.' }],
      viewer: null,
    })
  })

  it('each kind of credential reaches the fields that its scopes allow, in both subgraphs', async () => {
    for (const as of readers) {
      const answer = await ask(
        '{ reviews { author { subject } } me { subject reviews { text } } }',
        as,
      )
      expect(answer).toEqual({
        data: {
          reviews: [{ author: { subject: 'alice' } }],
          me: { subject: 'alice', reviews: [{ text: 'Opens every door.' }] },
        },
      })
    }
  })

  it('a user reached by reference requires read:users like any other', async () => {
    const query = '{ reviews { text author { subject } } }'
    for (const as of others) {
      expect((await ask(query, as)).errors).toEqual([
        { code: 'FORBIDDEN', missingScopes: ['read:users'] },
      ])
    }
    expect((await ask(query)).errors).toEqual([{ code: 'UNAUTHENTICATED' }])
  })

  it('root fields require their scopes', async () => {
    for (const as of others) {
      expect((await ask('{ users { totalCount } }', as)).errors).toEqual([
        { code: 'FORBIDDEN', missingScopes: ['read:users'] },
      ])
      await ask('mutation { createUser(input: { subject: "eve" }) { user { id } } }', as)
    }
    expect(await app.stores.users.findByIdentity(app.issuer.issuer, 'eve')).toBeNull()
    expect((await ask('{ me { id } }')).errors).toEqual([{ code: 'UNAUTHENTICATED' }])
  })

  it('a credential that is not valid is refused', async () => {
    expect((await ask('{ me { id } }', 'lk_nothing')).errors).toEqual([
      { code: 'INVALID_CREDENTIAL' },
    ])
  })
})

function codeAndScopes({ extensions }: { extensions: Record<string, unknown> }) {
  const { code, missingScopes } = extensions
  return { code, ...(missingScopes !== undefined && { missingScopes }) }
}
