import { cpSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts'
import { startIssuer, type TestIssuer } from '../support/issuer.ts'
import { temporaryFolder } from '../support/server-process.ts'
import { install } from './install.ts'
import { archive, environmentOf, type InstalledServer, nodes, startServer } from './installed.ts'

/* The applications of test/examples/apps, with the package as npm installs it. */

const source = fileURLToPath(new URL('../examples/apps', import.meta.url))
const folder = temporaryFolder()
const { devDependencies } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { devDependencies: Readonly<Record<string, string>> }

let issuer: TestIssuer

beforeAll(async () => {
  issuer = await startIssuer()
  const names = new Set<string>()
  for (const app of apps) {
    const file = join(source, app.folder, 'package.json')
    const { dependencies } = JSON.parse(readFileSync(file, 'utf8')) as { dependencies: object }
    for (const name of Object.keys(dependencies)) names.add(name)
  }
  names.delete('latchkey')
  const versions = [...names].map((name) => `${name}@${devDependencies[name] ?? 'latest'}`)
  await install(folder, [archive, ...versions], nodes)
  cpSync(source, join(folder, 'apps'), { recursive: true })
}, 300_000)
afterAll(async () => {
  await issuer.close()
  await rm(folder, { recursive: true, force: true })
})

interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: each application answers in its own shape.
  readonly body: any
  readonly headers: Headers
}

/** What the tests do with an application, in its own terms. Headers carry the credential. */
interface Client {
  /** Returns the headers of a person who is signed in. */
  signIn(name: string): Promise<Record<string, string>>
  createKey(headers: Record<string, string>, scopes: readonly string[]): Promise<Answer>
  updateKey(headers: Record<string, string>, id: string, change: object): Promise<Answer>
  rotateKey(headers: Record<string, string>, id: string): Promise<Answer>
  revokeKey(headers: Record<string, string>, id: string): Promise<Answer>
  /** Uses the scope to read, and the scope to write. */
  read(headers: Record<string, string>): Promise<Answer>
  write(headers: Record<string, string>): Promise<Answer>
  /** What everyone may read. */
  open(headers: Record<string, string>): Promise<Answer>
}

interface App {
  readonly folder: string
  readonly main: string
  readonly ready: string
  readonly scopes: { readonly read: string; readonly write: string }
  client(port: number): Client
}

async function send(
  url: string,
  { method = 'POST', headers = {}, body }: { method?: string; headers?: object; body?: unknown },
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return {
    status: response.status,
    body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text,
    headers: response.headers,
  }
}

const signInByJwt = async (name: string) => ({
  authorization: `Bearer ${await issuer.sign({
    sub: name,
    scope:
      'read:keys write:keys read:books write:books read:parcels write:parcels read:notes write:notes',
  })}`,
})

interface Documents {
  readonly read: string
  readonly write: string
  readonly open: string
}

function graphqlClient(
  url: string,
  documents: Documents,
  signIn: Client['signIn'] = signInByJwt,
): Client {
  const ask = (headers: object, query: string, variables = {}) =>
    send(url, { headers, body: { query, variables } })
  const change = async (
    headers: object,
    field: string,
    type: string,
    selection: string,
    input: object,
  ) => {
    const answer = await ask(
      headers,
      `mutation ($input: ${type}!) { ${field}(input: $input) { ${selection} } }`,
      { input },
    )
    return { ...answer, body: { ...answer.body, ...answer.body.data?.[field] } }
  }
  return {
    signIn,
    createKey: (headers, scopes) =>
      change(headers, 'createApiKey', 'CreateApiKeyInput', 'secret apiKey { id }', {
        name: 'CI',
        scopes,
      }),
    updateKey: (headers, id, input) =>
      change(headers, 'updateApiKey', 'UpdateApiKeyInput', 'apiKey { id scopes }', {
        id,
        ...input,
      }),
    rotateKey: (headers, id) =>
      change(headers, 'rotateApiKey', 'RotateApiKeyInput', 'secret apiKey { id }', {
        id,
        gracePeriodSeconds: 0,
      }),
    revokeKey: (headers, id) =>
      change(headers, 'revokeApiKey', 'RevokeApiKeyInput', 'apiKey { id status }', { id }),
    read: (headers) => ask(headers, documents.read),
    write: (headers) => ask(headers, documents.write),
    open: (headers) => ask(headers, documents.open),
  }
}

const apps: readonly App[] = [
  {
    folder: 'shop',
    main: 'src/server.js',
    ready: '/graphql?query={__typename}',
    scopes: { read: 'read:orders', write: 'write:orders' },
    client: (port) => {
      const origin = `http://127.0.0.1:${port}`
      return graphqlClient(
        `${origin}/graphql`,
        {
          read: '{ orders { id item } }',
          write: 'mutation { placeOrder(item: "Tea") { id } }',
          open: '{ me { email } }',
        },
        async (name) => {
          const body = { email: `${name}@shop.example`, password: 'correct horse' }
          await send(`${origin}/register`, { body })
          const { headers } = await send(`${origin}/sign-in`, { body })
          const [cookie = ''] = headers.getSetCookie()
          return { cookie: cookie.split(';')[0] ?? '', 'sec-fetch-site': 'same-origin' }
        },
      )
    },
  },
  {
    folder: 'apollo',
    main: 'src/index.js',
    ready: '/?query={__typename}',
    scopes: { read: 'read:books', write: 'write:books' },
    client: (port) =>
      graphqlClient(`http://127.0.0.1:${port}/`, {
        read: '{ book(id: "1") { author } }',
        write: 'mutation { addBook(title: "A", author: "B") { id } }',
        open: '{ books { title } }',
      }),
  },
  {
    folder: 'mercurius',
    main: 'src/server.js',
    ready: '/graphql?query={__typename}',
    scopes: { read: 'read:parcels', write: 'write:parcels' },
    client: (port) =>
      graphqlClient(`http://127.0.0.1:${port}/graphql`, {
        read: '{ parcels { id to } }',
        write: 'mutation { dispatch(id: "1") { state } }',
        open: '{ depot }',
      }),
  },
  {
    folder: 'express',
    main: 'src/app.js',
    ready: '/',
    scopes: { read: 'read:notes', write: 'write:notes' },
    client: (port) => {
      const origin = `http://127.0.0.1:${port}`
      return {
        signIn: signInByJwt,
        createKey: async (headers, scopes) => {
          const answer = await send(`${origin}/keys`, { headers, body: { name: 'CI', scopes } })
          return { ...answer, body: { ...answer.body, apiKey: answer.body.key } }
        },
        updateKey: (headers, id, body) =>
          send(`${origin}/keys/${id}`, { method: 'PATCH', headers, body }),
        rotateKey: (headers, id) =>
          send(`${origin}/keys/${id}/rotate`, { headers, body: { gracePeriodSeconds: 0 } }),
        revokeKey: (headers, id) => send(`${origin}/keys/${id}`, { method: 'DELETE', headers }),
        read: (headers) => send(`${origin}/notes`, { method: 'GET', headers }),
        write: (headers) => send(`${origin}/notes`, { headers, body: { text: 'Sleep.' } }),
        open: (headers) => send(`${origin}/`, { method: 'GET', headers }),
      }
    },
  },
]

const isGood = ({ status, body }: Answer) => status < 300 && body.errors === undefined
/** The code of a refusal, or the status where the application has no codes. */
const failureOf = ({ status, body }: Answer): unknown =>
  body.errors?.[0]?.extensions?.code ?? status

describe.each(nodes)('on Node $version', (node) => {
  describe.each(apps)(
    'the application $folder',
    ({ folder: name, main, ready, scopes, client }) => {
      let database: TestDatabase
      let server: InstalledServer
      let app: Client
      beforeAll(async () => {
        database = await createEmptyDatabase()
        server = await startServer(node.path, [main], {
          cwd: join(folder, 'apps', name),
          env: {
            ...environmentOf(node),
            DATABASE_URL: database.url,
            JWT_ISSUER: issuer.issuer,
            JWT_AUDIENCE: 'https://api.example',
          },
          path: ready,
        })
        app = client(server.port)
      }, 90_000)
      afterAll(async () => {
        await server.stop()
        await database.close()
      })
      const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` })

      it('lets its users make keys, use, narrow, widen, rotate and revoke them', async () => {
        const ada = await app.signIn('ada')
        const made = await app.createKey(ada, [scopes.read, scopes.write])
        expect(made.body).toMatchObject({ secret: expect.stringMatching(/^lk_/) })
        const { id } = made.body.apiKey
        const key = bearer(made.body.secret)
        expect(isGood(await app.read(key))).toBe(true)
        expect(isGood(await app.write(key))).toBe(true)

        expect((await app.updateKey(ada, id, { scopes: [scopes.read] })).body).not.toHaveProperty(
          'errors',
        )
        await expect
          .poll(async () => failureOf(await app.write(key)), { timeout: 20_000 })
          .toBeOneOf(['FORBIDDEN', 403])
        expect(isGood(await app.read(key))).toBe(true)

        expect(
          (await app.updateKey(ada, id, { addScopes: [scopes.write] })).body,
        ).not.toHaveProperty('errors')
        await expect.poll(async () => isGood(await app.write(key)), { timeout: 20_000 }).toBe(true)

        const rotated = await app.rotateKey(ada, id)
        expect(isGood(await app.read(bearer(rotated.body.secret)))).toBe(true)
        await expect
          .poll(async () => failureOf(await app.read(key)), { timeout: 20_000 })
          .toBeOneOf(['INVALID_CREDENTIAL', 401])

        expect(isGood(await app.revokeKey(ada, id))).toBe(true)
        await expect
          .poll(async () => failureOf(await app.read(bearer(rotated.body.secret))), {
            timeout: 20_000,
          })
          .toBeOneOf(['INVALID_CREDENTIAL', 401])
      })

      it('keeps the keys of a user from another one, and its guarded parts from the anonymous', async () => {
        const made = await app.createKey(await app.signIn('ada'), [scopes.read])
        const { id } = made.body.apiKey
        const grace = await app.signIn('grace')
        expect(failureOf(await app.revokeKey(grace, id))).toBeOneOf(['NOT_FOUND', 404])
        expect(failureOf(await app.updateKey(grace, id, { scopes: [] }))).toBeOneOf([
          'NOT_FOUND',
          404,
        ])
        expect(failureOf(await app.rotateKey(grace, id))).toBeOneOf(['NOT_FOUND', 404])
        expect(isGood(await app.read(bearer(made.body.secret)))).toBe(true)
        expect(failureOf(await app.createKey(bearer(made.body.secret), [scopes.read]))).toBeOneOf([
          'FORBIDDEN',
          403,
        ])
        expect(isGood(await app.open({}))).toBe(true)
        for (const attempt of [app.read({}), app.write({}), app.createKey({}, [scopes.read])]) {
          const answer = await attempt
          expect(answer.status).toBe(401)
          expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
        }
        // Outside GraphQL, a route without a guard does not read the credential.
        const refused = await app.open(bearer('lk_no_key'))
        expect(refused.status).toBe(name === 'express' ? 200 : 401)
      })

      if (name === 'shop') {
        it('does not act for a page of another site with the cookie of its user', async () => {
          const { cookie = '' } = await app.signIn('ada')
          const attacks = [
            { cookie, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
            { cookie, 'sec-fetch-site': 'same-site' },
            { cookie, origin: 'https://evil.example' },
            { cookie },
            { cookie, 'sec-fetch-site': 'same-origin', 'content-type': 'text/plain' },
          ]
          for (const headers of attacks) {
            expect(isGood(await app.write(headers))).toBe(false)
            expect(isGood(await app.createKey(headers, [scopes.read]))).toBe(false)
          }
          expect(isGood(await app.write({ cookie, 'sec-fetch-site': 'same-origin' }))).toBe(true)
        })
      }
    },
  )
})
