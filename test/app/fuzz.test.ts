import fc from 'fast-check'
import {
  buildClientSchema,
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getIntrospectionQuery,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, retryUnavailable, type TestApp } from '../support/app.ts'
import { listenWith, type RawAnswer, send } from '../support/listening.ts'

/* Whatever is sent as an argument, a header, a target or a body: no answer is a failure of the server. */

let app: TestApp
let schema: GraphQLSchema
let ports: readonly number[]
let credential: string
const closing: (() => Promise<void>)[] = []
/** Values that have a meaning in the schema. */
const known: string[] = ['read:users', 'alice']

const all = ['read:users', 'write:users', 'read:keys', 'write:keys', 'manage:keys', 'write:grants']
const json = ['Content-Type', 'application/json']

beforeAll(async () => {
  app = await createTestApp({ AUTH_FAILURES_PER_MINUTE: '0', API_KEY_QUERY_PARAM: 'api_key' })
  const scopes = [...all, 'read:audit', 'introspect:tokens']
  await app.user('fuzzer', scopes)
  // A JWT of a user that the mutations do not name: a key would revoke itself.
  credential = await app.jwt('fuzzer', scopes)
  for (const subject of ['alice', 'bob']) {
    const key = await app.key(subject, ['read:users', 'write:keys'])
    const user = await app.stores.users.findByIdentity(app.issuer.issuer, subject)
    known.push(key.id, key.secret, user?.id ?? '', app.issuer.issuer)
  }
  const { body } = await app.ask(getIntrospectionQuery(), { as: credential })
  schema = buildClientSchema(body.data)
  const direct = await listenWith(app)
  const byRequest = await listenWith({ fetch: app.fetch, listener: () => false })
  closing.push(direct.close, byRequest.close)
  ports = [direct.port, byRequest.port]
})
afterAll(async () => {
  for (const close of closing) await close()
  await app.close()
})

const patientlySend = (...sent: Parameters<typeof send>): Promise<RawAnswer> =>
  retryUnavailable(() => send(...sent))

const oneOfKnown = fc.nat().map((n) => known[n % known.length] ?? '')
const hostileText = fc.oneof(
  { weight: 12, arbitrary: oneOfKnown },
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
  fc.base64String(),
  fc.uuid(),
  fc.stringMatching(/^[0-9A-Za-z]{16}$/),
  fc.constantFrom('', ' ', '\0', '%', '_', '\\', "'", '\ud800', 'null', '__proto__', 'constructor'),
  fc.constantFrom('a'.repeat(300), 'ü'.repeat(600), '\u202e', '1e400', '-0'),
)
const hostileNumber = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -1, 2 ** 31 - 1, 2 ** 31, 2 ** 53, 1e308, -(2 ** 31)),
)
const hostileDate = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.constantFrom(
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999Z',
    '+275760-09-13T00:00:00.000Z',
    '-271821-04-20T00:00:00.000Z',
    '2030-02-30T00:00:00Z',
    '2030-06-30T23:59:60Z',
    '2030-01-01T00:00:00+23:59',
    '2030-01-01',
    'infinity',
  ),
)
const hostileObject = fc.dictionary(
  fc.oneof(
    fc.constantFrom('__proto__', 'toJSON', 'constructor', ''),
    fc.stringMatching(/^\w{1,8}$/),
  ),
  fc.jsonValue({ maxDepth: 4 }),
  { maxKeys: 5 },
)
const anything = fc.oneof(fc.jsonValue({ maxDepth: 2 }), hostileText, hostileNumber, hostileObject)

function valueFor(type: GraphQLInputType): fc.Arbitrary<unknown> {
  if (isNonNullType(type)) return valueFor(type.ofType)
  return fc.oneof(
    { weight: 30, arbitrary: rightValueFor(type) },
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: anything },
  )
}

function rightValueFor(type: GraphQLInputType): fc.Arbitrary<unknown> {
  if (isListType(type)) return fc.array(valueFor(type.ofType as GraphQLInputType), { maxLength: 4 })
  if (isInputObjectType(type)) return valuesOf(Object.values(type.getFields()))
  if (isEnumType(type)) return fc.constantFrom(...type.getValues().map(({ name }) => name))
  switch (getNamedType(type).name) {
    case 'Int':
    case 'Float':
      return hostileNumber
    case 'Boolean':
      return fc.boolean()
    case 'DateTime':
      return hostileDate
    case 'JSONObject':
      return hostileObject
    default:
      return hostileText
  }
}

/** Generates values of arguments, or of the fields of an input. */
function valuesOf(members: readonly Pick<GraphQLArgument, 'name' | 'type'>[]) {
  return fc.record(Object.fromEntries(members.map(({ name, type }) => [name, valueFor(type)])), {
    requiredKeys: members.filter(({ type }) => isNonNullType(type)).map(({ name }) => name),
  })
}

/** Prints a value in the syntax of GraphQL, if it has one. */
function literal(value: unknown, type?: GraphQLInputType): string {
  const inner = type && isNonNullType(type) ? (type.ofType as GraphQLInputType) : type
  if (typeof value === 'string' && inner && isEnumType(inner) && /^\w+$/.test(value)) return value
  if (Array.isArray(value)) {
    const of = inner && isListType(inner) ? (inner.ofType as GraphQLInputType) : undefined
    return `[${value.map((one) => literal(one, of)).join(' ')}]`
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  const fields = inner && isInputObjectType(inner) ? inner.getFields() : {}
  const pairs = Object.entries(value).filter(([name]) => /^[A-Za-z_]\w*$/.test(name))
  return `{${pairs.map(([name, one]) => `${name}: ${literal(one, fields[name]?.type)}`).join(' ')}}`
}

/** Generates one field with its arguments, as literals or variables, and a selection. */
function operationsOf(root: GraphQLObjectType, keyword: string): fc.Arbitrary<object>[] {
  return Object.values(root.getFields()).map((field) =>
    fc
      .record({
        values: valuesOf(field.args),
        inline: fc.boolean(),
        nested: nestedValues(field.type),
      })
      .map(({ values, inline, nested }) => {
        const given = field.args.filter(({ name }) => Object.hasOwn(values, name))
        const declared =
          inline || given.length === 0
            ? ''
            : `(${given.map(({ name, type }) => `$${name}: ${type}`).join(' ')})`
        const passed = given
          .map(({ name, type }) => `${name}: ${inline ? literal(values[name], type) : `$${name}`}`)
          .join(' ')
        const query = `${keyword} Fuzz${declared} { ${field.name}${passed && `(${passed})`} ${nested} }`
        return inline ? { query } : { query, variables: values }
      }),
  )
}

/** Generates a selection two levels deep, with arguments where fields have them. */
function nestedValues(type: unknown, depth = 2): fc.Arbitrary<string> {
  const named = getNamedType(type as GraphQLObjectType)
  if (!isCompositeType(named)) return fc.constant('')
  if (!isObjectType(named) || depth === 0) return fc.constant('{ __typename }')
  const fields = Object.values(named.getFields()).map((field) =>
    fc.tuple(valuesOf(field.args), nestedValues(field.type, depth - 1)).map(([values, nested]) => {
      const passed = field.args
        .filter(({ name }) => Object.hasOwn(values, name))
        .map(({ name, type: of }) => `${name}: ${literal(values[name], of)}`)
        .join(' ')
      return `${field.name}${passed && `(${passed})`} ${nested}`
    }),
  )
  return fc.tuple(...fields).map((texts) => `{ ${texts.join(' ')} }`)
}

function expectNoFailure({ status, body }: RawAnswer): void {
  expect(status, body).toBeLessThan(500)
  expect(body).not.toContain('INTERNAL_SERVER_ERROR')
}

const runs = { numRuns: 200, interruptAfterTimeLimit: 8_000 } as const

describe('every argument of every field', () => {
  it.each(['query', 'mutation'] as const)('of a %s', async (keyword) => {
    const root = keyword === 'query' ? schema.getQueryType() : schema.getMutationType()
    // Each call waits for the next second, and the credential is refused afterwards.
    const operations = operationsOf(root as GraphQLObjectType, keyword).filter(
      (_, n) => Object.keys(root?.getFields() ?? {})[n] !== 'signOutEverywhere',
    )
    await fc.assert(
      fc.asyncProperty(fc.oneof(...operations), fc.nat(1), async (one, way) => {
        const headers = [...json, 'Authorization', `Bearer ${credential}`]
        const body = JSON.stringify(one)
        expectNoFailure(
          await patientlySend(ports[way] ?? 0, '/graphql', headers, { method: 'POST', body }),
        )
      }),
      runs,
    )
  })
})

describe('every endpoint', () => {
  const encoded = hostileText.map((text) =>
    new URLSearchParams({ text }).toString().slice('text='.length),
  )
  const rawText = fc.stringMatching(/^[!-~]{0,40}$/)
  const parameter = fc
    .tuple(
      fc.constantFrom('query', 'variables', 'extensions', 'operationName', 'api_key', 'x'),
      fc.oneof(encoded, rawText),
    )
    .map(([name, value]) => `${name}=${value}`)
  const target = fc
    .tuple(
      fc.constantFrom(
        '/graphql',
        '/oauth2/introspect',
        '/schema.graphql',
        '/healthz',
        '/metrics',
        '/.well-known/jwks.json',
        '/dev/issuer/token',
        '/',
        'http://latchkey.test/graphql',
      ),
      fc.oneof(fc.constant(''), fc.constantFrom('/', '%2F', '%00', '%', '//', '/../graphql')),
      fc.array(parameter, { maxLength: 4 }),
    )
    .map(([path, more, parameters]) =>
      `${path}${more}${parameters.length > 0 ? '?' : ''}${parameters.join('&')}`.replaceAll(
        '#',
        '',
      ),
    )
  const value = fc.oneof(
    fc.stringMatching(/^[!-~\x80-\xff]([ -~]{0,30}[!-~])?$/),
    oneOfKnown.map((text) => `Bearer ${text}`),
    fc.constant('own'),
    fc.constantFrom('', 'application/json', 'application/x-www-form-urlencoded', 'gzip', '*/*'),
  )
  const headers = fc.array(
    fc.tuple(
      fc.constantFrom(
        'Authorization',
        'X-API-Key',
        'Content-Type',
        'Content-Encoding',
        'Accept',
        'Cookie',
        'Origin',
        'X-Forwarded-For',
        'X-Request-Id',
        'X-User-Id',
      ),
      value,
    ),
    { maxLength: 6 },
  )
  const body = fc.oneof(
    fc.json(),
    encoded.map((text) => `token=${text}`),
    fc.string({ unit: 'binary' }),
    fc
      .record(
        { query: anything, variables: anything, operationName: anything, extensions: anything },
        { requiredKeys: [] },
      )
      .map((posted) => JSON.stringify(posted)),
  )
  const method = fc.constantFrom('GET', 'POST', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH')

  it('answers any request without an unexpected error', async () => {
    await fc.assert(
      fc.asyncProperty(
        method,
        target,
        headers,
        body,
        fc.nat(1),
        async (verb, path, names, text, way) => {
          const sent = names.flatMap(([name, one]) => [
            name,
            one === 'own' ? `Bearer ${credential}` : one,
          ])
          const sendsBody = verb !== 'GET' && verb !== 'HEAD'
          const options = { method: verb, body: sendsBody ? text : '' }
          expectNoFailure(await patientlySend(ports[way] ?? 0, path, sent, options))
        },
      ),
      { numRuns: 600, interruptAfterTimeLimit: 8_000 },
    )
  })

  it('answers a GET with every kind of parameters', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(parameter, { maxLength: 5 }),
        fc.nat(1),
        async (parameters, way) => {
          const path = `/graphql?${parameters.join('&')}`.replaceAll('#', '').slice(0, 8_000)
          expectNoFailure(
            await patientlySend(ports[way] ?? 0, path, ['Authorization', `Bearer ${credential}`]),
          )
        },
      ),
      { numRuns: 300, interruptAfterTimeLimit: 4_000 },
    )
  })
})
