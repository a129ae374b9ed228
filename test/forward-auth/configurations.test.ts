import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readForwardAuthSettings } from '../../src/http/forward-auth-settings.ts'

const read = (name: string) =>
  readFileSync(new URL(`../../docs/examples/proxies/${name}`, import.meta.url), 'utf8')
const identityNames = [
  'X-User-Id',
  'X-User-Issuer',
  'X-Auth-Scopes',
  'X-Auth-Method',
  'X-Auth-Credential-Id',
  'X-Identity',
]
const orders = { scopes: ['read:users'], audience: 'orders', optional: false }

test.each([
  'nginx/latchkey-identity.conf',
  'caddy/Caddyfile',
  'traefik/dynamic.yaml',
  'envoy/envoy.yaml',
])('%s copies every identity header and passes on no credential', (name) => {
  const text = read(name).toLowerCase()
  for (const header of [...identityNames, 'Authorization', 'X-API-Key']) {
    expect(text).toContain(header.toLowerCase())
  }
})

test.each(['nginx/latchkey-identity.conf', 'traefik/dynamic.yaml'])(
  '%s names every spelling of them',
  (name) => {
    const spellings = identityNames.flatMap((header) =>
      header
        .split('-')
        .reduce<string[]>(
          (before, part) =>
            before.length === 0
              ? [part]
              : before.flatMap((one) => [`${one}-${part}`, `${one}_${part}`]),
          [],
        )
        .filter((spelling) => spelling.includes('_')),
    )
    expect(spellings).toHaveLength(20)
    for (const spelling of spellings) expect(read(name)).toMatch(new RegExp(`\\b${spelling}:? ""`))
  },
)

test('Traefik sends the intended settings', () => {
  const address = /address: "http:\/\/[^/]+(\/[^"]+)"/.exec(read('traefik/dynamic.yaml'))?.[1]
  expect(readForwardAuthSettings(address ?? '')).toEqual(orders)
})

test('Envoy passes on the address of the client, which the limit on refused credentials needs', () => {
  const text = read('envoy/envoy.yaml')
  expect(text).toMatch(/^ +use_remote_address: true$/m)
  const allowed = /allowed_headers:\n +patterns:\n((?: +- \{.*\}\n)+)/.exec(text)?.[1]
  expect(allowed).toContain('{ exact: x-forwarded-for }')
})

describe("Envoy's prefix", () => {
  const prefix = /path_prefix: "([^"]+)"/.exec(read('envoy/envoy.yaml'))?.[1] ?? ''

  test.each([
    '/orders/1',
    '/orders/1?optional=true&scope=&audience=x',
    '/../verify?optional=true',
    '/;optional=true/',
    '?optional=true',
    ';optional=true/',
    '//auth/verify?optional=true',
    '/%2e%2e/verify?optional=true',
    '*',
    '',
  ])('keeps its settings whatever a client appends: %s', (path) => {
    expect(readForwardAuthSettings(prefix + path)).toEqual(orders)
  })
})
