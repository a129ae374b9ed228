import { afterEach, expect, test, vi } from 'vitest'
import { resolveIssuer } from '../../src/credentials/issuer-settings.ts'
import { findMisspelling } from '../../src/credentials/issuer-spelling.ts'
import { createTestApp } from '../support/app.ts'
import { startIssuer, type TestIssuerOptions } from '../support/issuer.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** Returns the warnings of a server that is configured with that name of an issuer. */
async function warningsOf(
  options: TestIssuerOptions,
  nameOf: (issuer: string) => string = (issuer) => issuer,
  more: object = {},
) {
  const issuer = await startIssuer(options)
  closing.push(issuer.close)
  const settings = { issuer: nameOf(issuer.issuer), audience: 'https://api.example', ...more }
  const app = await createTestApp({ JWT_ISSUERS: JSON.stringify([settings]) })
  closing.push(app.close)
  const find = () =>
    app.logged.map((line) => JSON.parse(line)).filter(({ msg }) => /misspelt/.test(msg))
  return { issuer, app, find }
}

test.each<[string, TestIssuerOptions, (issuer: string) => string, RegExp]>([
  ['a missing slash', { issuerPath: '/' }, (name) => name.slice(0, -1), /ends with a slash/],
  ['a slash too many', { issuerPath: '/a' }, (name) => `${name}/`, /does not end with a slash/],
  ['another host', {}, (name) => name.replace('127.0.0.1', 'localhost'), /another host/],
])('%s is reported once, with the right value', async (_what, options, nameOf, difference) => {
  const { issuer, app, find } = await warningsOf(options, nameOf)
  await vi.waitFor(() => expect(find()).toHaveLength(1), 10_000)
  expect(find()[0]).toMatchObject({ level: 'warn', stated: issuer.issuer })
  expect(find()[0].msg).toMatch(difference)
  expect(find()[0].msg).toContain(`Set it to ${issuer.issuer}`)
  await app.ask('{ viewer { subject } }', { as: await issuer.sign() })
  expect(find()).toHaveLength(1)
})

test("the name of a tenant is reported with the tenant's id", async () => {
  const stated = 'https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0'
  const { find } = await warningsOf({
    issuerPath: '/contoso.onmicrosoft.com/v2.0',
    openidConfiguration: { issuer: stated },
  })
  await vi.waitFor(() => expect(find()).toHaveLength(1), 10_000)
  expect(find()[0]).toMatchObject({ stated })
})

test('a right name, and an issuer without metadata, are not reported', async () => {
  const right = await warningsOf({})
  const silent = await warningsOf({ openidConfiguration: null }, undefined, {
    jwksUri: 'http://127.0.0.1:1/keys',
  })
  for (const { issuer, find } of [right, silent]) {
    await vi.waitFor(() => expect(issuer.requests.discovery).toBeGreaterThan(0), 10_000)
    expect(find()).toEqual([])
  }
})

test('nothing is fetched from the name of an issuer without TLS', async () => {
  const fetched = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('not reachable'))
  const issuer = resolveIssuer({
    issuer: 'http://fs.example.com/adfs/services/trust',
    jwksUri: 'https://fs.example.com/adfs/discovery/keys',
    audience: 'https://api.example',
  })
  expect(await findMisspelling(issuer, AbortSignal.timeout(1_000))).toBe(null)
  expect(fetched).not.toHaveBeenCalled()
  fetched.mockRestore()
})
