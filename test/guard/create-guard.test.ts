import { createServer, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type Authentication,
  type ClosableAuthenticator,
  createAuthenticator,
  createGuard,
  type guardSchema,
  type InsufficientScopeError,
  LatchkeyError,
  ServiceUnavailableError,
} from '../../src/index.ts'
import { startIssuer, type TestIssuer, testAudience } from '../support/issuer.ts'

/* Requests outside GraphQL: the guard returns the principal or throws an error with its answer. */

let issuer: TestIssuer
let authenticator: ClosableAuthenticator
let token: string

beforeAll(async () => {
  issuer = await startIssuer()
  authenticator = createAuthenticator({
    issuers: [{ issuer: issuer.issuer, audience: testAudience }],
  })
  token = await issuer.sign({ scope: 'read:orders write:orders' })
})
afterAll(async () => {
  await authenticator.close()
  await issuer.close()
})

const requestWith = (authorization?: string) =>
  new Request('http://app.test/orders', { headers: { ...(authorization && { authorization }) } })

async function failure(result: unknown): Promise<LatchkeyError> {
  const error = await Promise.resolve(result).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (error instanceof LatchkeyError) return error
  throw error ?? new Error('It did not throw.')
}

describe('a fetch request', () => {
  describe('of a connection that lasts', () => {
    const outage: Authentication = {
      kind: 'refused',
      refusal: { reason: 'unavailable', error: new ServiceUnavailableError(), credentialId: null },
    }
    let answer: Authentication | null
    let asked: number
    const guard = () =>
      createGuard({
        authenticator: {
          authenticate: (carrier) => {
            asked += 1
            return answer ?? authenticator.authenticate(carrier)
          },
        },
      })
    const principalOf = async (userId: string): Promise<Authentication> => {
      const principal = await createGuard({ authenticator })(withToken())
      return { kind: 'authenticated', principal: { ...principal, userId } }
    }
    const withToken = () => requestWith(`Bearer ${token}`)
    beforeEach(() => {
      answer = null
      asked = 0
    })

    it('is admitted again after an outage', async () => {
      const { authenticate } = guard()
      const request = withToken()
      answer = outage
      expect((await failure(authenticate(request))).status).toBe(503)
      expect((await failure(authenticate(request))).status).toBe(503)
      expect(asked).toBe(2)
      answer = null
      expect((await authenticate(request))?.subject).toBe('alice')
    })

    it('stays with its user over an outage', async () => {
      const { authenticate } = guard()
      for (const other of [await principalOf('b'), { kind: 'anonymous' } as const]) {
        const request = withToken()
        answer = await principalOf('a')
        expect((await authenticate(request))?.userId).toBe('a')
        answer = outage
        // A credential that was checked at once is not checked again.
        await vi.waitFor(async () => {
          expect((await failure(authenticate(request))).status).toBe(503)
        })
        expect((await failure(authenticate(request))).status).toBe(503)
        answer = other
        expect((await failure(authenticate(request))).code).toBe('INVALID_CREDENTIAL')
        answer = await principalOf('a')
        expect((await failure(authenticate(request))).code).toBe('INVALID_CREDENTIAL')
      }
      const request = withToken()
      answer = outage
      await failure(authenticate(request))
      answer = await principalOf('a')
      expect((await authenticate(request))?.userId).toBe('a')
    })
  })

  it('does not share its admission with an object that copies it or inherits from it', async () => {
    const { authenticate } = createGuard({ authenticator })
    const request = {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      rawHeaders: ['authorization', `Bearer ${token}`],
    }
    expect((await authenticate(request))?.subject).toBe('alice')
    const others = { headers: {}, rawHeaders: [] }
    expect(await authenticate({ ...request, ...others })).toBeNull()
    expect(await authenticate(Object.assign(Object.create(request), others))).toBeNull()
    expect(JSON.stringify(request)).not.toContain('admission')
    expect(inspect(request)).not.toContain('admission')
  })

  it('may be frozen', async () => {
    const request = Object.freeze(requestWith(`Bearer ${token}`))
    expect((await createGuard({ authenticator })(request)).subject).toBe('alice')
  })

  it('gets its principal if it holds all scopes', async () => {
    const guard = createGuard({ authenticator })
    const principal = await guard(requestWith(`Bearer ${token}`), 'read:orders', 'write:orders')
    expect([...principal.scopes]).toEqual(['read:orders', 'write:orders'])
    expect((await guard(requestWith(`Bearer ${token}`))).subject).toBe(principal.subject)
  })

  it('is refused by an error that has the answer (RFC 6750)', async () => {
    const guard = createGuard({ authenticator })
    const anonymous = await failure(guard(requestWith()))
    expect([anonymous.code, anonymous.status, anonymous.headers]).toEqual([
      'UNAUTHENTICATED',
      401,
      { 'www-authenticate': 'Bearer realm="latchkey"' },
    ])
    const invalid = await failure(guard(requestWith('Bearer x.y.z'), 'read:orders'))
    expect([invalid.code, invalid.status]).toEqual(['INVALID_CREDENTIAL', 401])
    expect(invalid.headers['www-authenticate']).toContain('error="invalid_token"')
    const several = await failure(guard(requestWith(`Bearer ${token}, Bearer ${token}`)))
    expect([several.code, several.status]).toEqual(['INVALID_REQUEST', 400])
    const lacking = await failure(guard(requestWith(`Bearer ${token}`), 'read:orders', 'admin'))
    expect(lacking.toResponse().headers.get('www-authenticate')).toBe(
      'Bearer realm="latchkey", error="insufficient_scope", scope="admin read:orders"',
    )
    expect((lacking as InsufficientScopeError).scopes.missingScopes).toEqual(['admin'])
    expect(await lacking.toResponse().json()).toEqual({
      title: 'Forbidden',
      status: 403,
      detail: 'This needs scope `admin`, which you do not hold.',
    })
  })

  it('is anonymous for authenticate only without a credential', async () => {
    const { authenticate } = createGuard({ authenticator })
    expect(await authenticate(requestWith())).toBeNull()
    expect((await authenticate(requestWith(`Bearer ${token}`)))?.issuer).toBe(issuer.issuer)
    expect((await failure(authenticate(requestWith('Bearer x.y.z')))).status).toBe(401)
  })

  it('is one attempt, however often and early it is guarded', async () => {
    let attempts = 0
    const guard = createGuard({
      authenticator: {
        ...authenticator,
        authenticate: async (carrier) => {
          attempts += 1
          return await authenticator.authenticate(carrier)
        },
      },
    })
    const request = requestWith(`Bearer ${await issuer.sign({ scope: 'read:orders' })}`)
    const [a, b, c] = await Promise.all([
      guard(request),
      guard.authenticate(request),
      guard(request),
    ])
    expect(attempts).toBe(1)
    expect([a, b]).toEqual([c, c])
    const bad = requestWith('Bearer x.y.z')
    await Promise.all([failure(guard(bad)), failure(guard(bad)), failure(guard(bad, 'a'))])
    expect(attempts).toBe(2)
  })

  it('is checked again when it is guarded later', async () => {
    let valid = true
    const guard = createGuard({
      authenticator: {
        authenticate: (carrier) =>
          authenticator.authenticate(
            valid
              ? carrier
              : {
                  ...carrier,
                  header: (name) => (name === 'authorization' ? 'Bearer x.y.z' : null),
                },
          ),
      },
    })
    const request = requestWith(`Bearer ${token}`)
    await guard(request)
    valid = false
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect((await failure(guard(request))).code).toBe('INVALID_CREDENTIAL')
  })
})

it.each([undefined, null, '', 'two words', 3])(
  'a required scope %j is a fault of the program',
  async (scope) => {
    const guard = createGuard({ authenticator })
    await expect(guard(requestWith(`Bearer ${token}`), scope as string)).rejects.toThrow(
      'which is not a scope name',
    )
  },
)

it.each([undefined, null, {}, 'GET /', { headers: {} }])('%j is not a request', async (request) => {
  const guard = createGuard({ authenticator })
  await expect(guard(request as never)).rejects.toThrow('Call the guard with a fetch Request')
})

describe('refused credentials', () => {
  const status = async (guard: ReturnType<typeof createGuard>, authorization: string) =>
    (await failure(guard(requestWith(authorization)))).status

  it('are limited by the address of the client, and never valid ones', async () => {
    let address: string | null = '192.0.2.1'
    const guard = createGuard({ authenticator, clientAddress: () => address, failuresPerMinute: 2 })
    const answers = async () => [await status(guard, 'Bearer x'), await status(guard, 'Bearer y')]
    expect(await answers()).toEqual([401, 401])
    expect(await answers()).toEqual([429, 429])
    expect((await failure(guard(requestWith('Bearer z')))).headers['retry-after']).toMatch(/^\d+$/)
    expect((await guard(requestWith(`Bearer ${token}`))).issuer).toBe(issuer.issuer)
    address = '192.0.2.2'
    expect(await answers()).toEqual([401, 401])
    address = null
    expect([...(await answers()), ...(await answers())]).toEqual([401, 401, 401, 401])
  })
})

describe('a request of Node', () => {
  it('is read from its raw headers, so that no credential is hidden', async () => {
    const guard = createGuard({ authenticator, failuresPerMinute: 3 })
    const server = createServer(async (request, response) => {
      const answer = await guard(request, 'read:orders').then(
        ({ subject }) => new Response(subject),
        (error: LatchkeyError) => error.toResponse(),
      )
      response.writeHead(answer.status, Object.fromEntries(answer.headers))
      response.end(await answer.text())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const ask = (headers: readonly string[]) =>
      new Promise<number | undefined>((resolve, reject) => {
        send({ port, headers }, (answer) => {
          answer.resume()
          resolve(answer.statusCode)
        })
          .on('error', reject)
          .end()
      })
    const valid = ['Authorization', `Bearer ${token}`]
    const host = ['Host', 'app.test']
    expect(await ask([...host, ...valid])).toBe(200)
    expect(await ask(host)).toBe(401)
    expect(await ask([...host, ...valid, ...valid])).toBe(400)
    const many = Array.from({ length: 1100 }, (_, n) => [`x-${n}`, '1']).flat()
    expect(await ask([...host, ...valid, ...many])).toBe(431)
    for (let n = 0; n < 3; n += 1)
      expect(await ask([...host, 'Authorization', 'Bearer x'])).toBe(401)
    expect(await ask([...host, 'Authorization', 'Bearer x'])).toBe(429)
    server.close()
  })
})

it('gives the authenticator the method, by which the sign-in of an application counts', async () => {
  const methods: unknown[] = []
  const guard = createGuard({
    authenticator: {
      authenticate: ({ method }) => {
        methods.push(method)
        return { kind: 'anonymous' }
      },
    },
  })
  await guard.authenticate(new Request('http://app.test/', { method: 'POST' }))
  await guard.authenticate({ method: 'PUT', headers: {}, rawHeaders: [] })
  expect(methods).toEqual(['POST', 'PUT'])
})

it('authenticates for guardSchema, which the context passes the request to', () => {
  const guard = createGuard({ authenticator })
  const options: Parameters<typeof guardSchema<{ request: Request }>>[1] = {
    principalOf: ({ request }): ReturnType<typeof guard.authenticate> =>
      guard.authenticate(request),
  }
  expect(options.principalOf).toBeTypeOf('function')
})
