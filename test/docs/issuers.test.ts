import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { issuerPresets } from '../../src/credentials/issuer-presets.ts'
import { run } from '../cli/run.ts'
import { createTestApp, retryUnavailable, type TestApp } from '../support/app.ts'
import { createSigningKey, type SigningKey, signJwt } from '../support/issuer.ts'
import { readDocument } from './documents.ts'
import { environmentOf, type IssuerPage, issuerPages, type RefusedToken } from './issuer-pages.ts'

/** Keys by their algorithm. Making an RSA key takes a while. */
const keys = new Map<string, SigningKey>()
let app: TestApp

/** The time of all tokens, in seconds since the epoch. */
const now = () => (Number(issuerPages[0]?.claims.iat) + 10) * 1000

beforeAll(async () => {
  for (const alg of new Set(issuerPages.map(({ header }) => header.alg))) {
    keys.set(alg, await createSigningKey(alg))
  }
  const issuers = issuerPages.flatMap((page) => withOwnKeys(page, page.configurations[0] ?? '[]'))
  app = await createTestApp(
    { JWT_ISSUERS: JSON.stringify(issuers), AUTH_FAILURES_PER_MINUTE: '0' },
    { now },
  )
})
afterAll(() => app.close())

/** Returns the settings of the issuers with a key of this test in the place of those of the provider. */
function withOwnKeys({ header }: IssuerPage, configuration: string): object[] {
  const { kid, alg } = header
  const jwks = { keys: [{ ...keys.get(alg)?.publicJwk, kid, alg }] }
  return JSON.parse(configuration).map(({ jwksUri: _, ...settings }: { jwksUri?: string }) => ({
    ...settings,
    jwks,
  }))
}

function tokenOf(page: IssuerPage, changes?: RefusedToken): Promise<string> | string {
  if (typeof changes?.token === 'string') return changes.token
  const header = { ...page.header, ...changes?.header }
  const missing = (changes?.missing ?? []).map((claim) => [claim, undefined])
  const claims = { ...page.claims, ...changes?.claims, ...Object.fromEntries(missing) }
  const key = keys.get(header.alg)
  if (key !== undefined) return signJwt(claims, { header: { typ: undefined, ...header }, key })
  const encoded = [header, claims].map((part) => Buffer.from(JSON.stringify(part)))
  return [...encoded, randomBytes(32)].map((part) => part.toString('base64url')).join('.')
}

it('has a page for every preset', () => {
  const names = issuerPages.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(Object.keys(issuerPresets)))
  const listed = [...readDocument('docs/issuers.md').matchAll(/\(issuers\/(\w+)\.md\)/g)]
  expect([...new Set(listed.map(([, name = '']) => name))].sort()).toEqual(names.sort())
})

describe.each(issuerPages)('the page on $name', (page) => {
  it('has a configuration without a fault', () => {
    for (const JWT_ISSUERS of page.configurations) {
      const { issuers, startWarnings } = loadConfig({ JWT_ISSUERS })
      expect(issuers.map(({ issuer }) => issuer)).toContain(page.claims.iss)
      expect(startWarnings).toEqual([])
    }
  })

  it('has a token that is accepted with the scopes of the page', async () => {
    const { iss: issuer, sub: subject } = page.claims
    const as = await tokenOf(page)
    const ask = () =>
      retryUnavailable(() => app.ask('{ viewer { subject issuer scopes } }', { as }))
    expect((await ask()).body).toMatchObject({ data: { viewer: { subject, issuer } } })
    if (page.grant !== null) {
      expect((await ask()).body.data.viewer.scopes).toEqual([])
      await app.byHand`update latchkey.users set scopes = ${page.grant as never} where subject = ${subject as never}`
    }
    const { viewer } = (await ask()).body.data
    expect({ ...viewer }).toEqual({ subject, issuer, scopes: page.scopes })
  })

  it('has the end of the explanation of the token', async () => {
    for (const configuration of page.configurations) {
      const { code, out, err } = await run(['token', 'explain', '-'], {
        environment: { JWT_ISSUERS: JSON.stringify(withOwnKeys(page, configuration)) },
        input: async () => await tokenOf(page),
        now,
      })
      expect({ code, err }).toEqual({ code: 0, err: '' })
      expect(out.endsWith(`\n${page.explanation}`) || out).toBe(true)
    }
  })

  const aliases = page.configurations.flatMap((configuration) =>
    JSON.parse(configuration).flatMap(({ aliases = [] }: { aliases?: string[] }) =>
      aliases.map((alias) => ({ alias, configuration })),
    ),
  )
  it.each(aliases)('has a token of the same user under the name $alias', async (one) => {
    const { out } = await run(['token', 'explain', '-'], {
      environment: { JWT_ISSUERS: JSON.stringify(withOwnKeys(page, one.configuration)) },
      input: async () => await tokenOf({ ...page, claims: { ...page.claims, iss: one.alias } }),
      now,
    })
    expect(out.endsWith(`\n${page.explanation}`) || out).toBe(true)
  })

  it.each(page.faults)('has the reason of the log where: $fault', async (changes) => {
    const before = app.logged.length
    const as = await tokenOf(page, changes)
    const { status } = await retryUnavailable(() => app.ask('{ viewer { subject } }', { as }))
    expect(status).toBe(401)
    const lines = app.logged.slice(before).map((line) => JSON.parse(line))
    const { refused, jwt } = lines.find((line) => line.refused !== undefined)
    expect({ refused, claim: jwt?.claim ?? null }).toEqual({
      refused: changes.refused,
      claim: changes.claim,
    })
  })
})

it.each([
  ['keycloak-compose.yaml', 'keycloak', { issuer: 'http://localhost:8080/realms/shop' }],
  ['keycloak-cluster.yaml', 'keycloak', {}],
  ['kubernetes.yaml', 'kubernetes', {}],
])('docs/examples/issuers/%s has a configuration like the page', (example, name, changes) => {
  const page = issuerPages.find((one) => one.name === name)
  const [expected] = JSON.parse(page?.configurations[0] ?? '[]')
  const database = { DATABASE_URL: 'postgres://latchkey@db.example.com/latchkey' }
  const config = loadConfig({ ...database, ...environmentOf(example) })
  expect(config.issuers).toMatchObject([{ ...expected, ...changes }])
  expect(config).toMatchObject({ host: '0.0.0.0', publicUrl: expect.stringMatching(/^https?:/) })
  const hasHttp = 'allowHttp' in (config.issuers[0] ?? {})
  expect(config.startWarnings.filter((warning) => /allowHttp/.test(warning))).toHaveLength(
    hasHttp ? 1 : 0,
  )
})
