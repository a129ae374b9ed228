import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createIdentityIssuer, type IdentityIssuer } from '../../src/identity/issuer.ts'
import { newIdentityKeys, readIdentityKeys, writeIdentityKeys } from '../../src/identity/keys.ts'
import type { Principal } from '../../src/principal.ts'
import { codeBlocks } from '../package/code-blocks.ts'

/* The programs of docs/messages.md, on the built package. */

const root = fileURLToPath(new URL('../../', import.meta.url))
const principal: Principal = {
  issuer: 'https://id.example',
  subject: 'ada',
  userId: 'c0ffee00-0000-4000-8000-000000000000',
  scopes: new Set(['read:orders']),
  credential: { kind: 'JWT', id: null, name: null, issuer: null, scopes: [], expiresAt: null },
}

let server: Server
let folder: string
let identity: IdentityIssuer
let old: IdentityIssuer
const before = process.env.PUBLIC_URL

beforeAll(async () => {
  const keys = readIdentityKeys(writeIdentityKeys(newIdentityKeys('EdDSA')))
  const jwks = JSON.stringify({ keys: keys.keys.map(({ publicJwk }) => publicJwk) })
  server = createServer((_request, response) => response.end(jwks))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  process.env.PUBLIC_URL = issuer
  identity = createIdentityIssuer({ keys, issuer })
  old = createIdentityIssuer({ keys, issuer, now: () => Date.now() - 600_000 })
  mkdirSync(join(root, '.data'), { recursive: true })
  folder = mkdtempSync(join(root, '.data/carriers-'))
  cpSync(join(root, 'dist'), join(folder, 'node_modules/latchkey/dist'), { recursive: true })
  cpSync(join(root, 'package.json'), join(folder, 'node_modules/latchkey/package.json'))
  for (const { marker, code } of codeBlocks(['ts'])) {
    const [, name = ''] = /^example (\S+)$/.exec(marker) ?? []
    if (!name) continue
    writeFileSync(join(folder, name), transformSync(code, { loader: 'ts' }).code)
  }
})
afterAll(() => {
  if (before === undefined) delete process.env.PUBLIC_URL
  else process.env.PUBLIC_URL = before
  rmSync(folder, { recursive: true, force: true })
  server.close()
})

const load = (name: string) => import(/* @vite-ignore */ join(folder, name))

describe('an identity token', () => {
  it('passes the middleware of Next.js', async () => {
    const { middleware } = await load('next-middleware.mjs')
    const ask = (headers: Record<string, string>) =>
      middleware(new Request('https://orders.example', { headers }))
    expect(
      await ask({ 'x-identity': await identity.tokenFor(principal, 'orders') }),
    ).toBeUndefined()
    expect((await ask({})).status).toBe(401)
    expect((await ask({ 'x-identity': await identity.tokenFor(principal, 'other') })).status).toBe(
      401,
    )
    const narrow = { ...principal, subject: 'bob', scopes: new Set<string>() }
    expect((await ask({ 'x-identity': await identity.tokenFor(narrow, 'orders') })).status).toBe(
      403,
    )
  })

  it('is read from the metadata of gRPC', async () => {
    const { principalOfCall } = await load('grpc-metadata.mjs')
    const token = await identity.tokenFor(principal, 'orders')
    expect(await principalOfCall({ get: () => [token] })).toMatchObject({ subject: 'ada' })
    for (const sent of [[], [token, token], ['a.b.c']]) {
      await expect(principalOfCall({ get: () => sent })).rejects.toMatchObject({ code: 16 })
    }
  })

  it('is read from a message, also a few minutes later', async () => {
    const { principalOfMessage } = await load('queue-messages.mjs')
    for (const token of [
      await identity.tokenFor(principal, 'orders'),
      await old.tokenFor(principal, 'orders'),
    ]) {
      expect(await principalOfMessage({ headers: { 'x-identity': token } })).toMatchObject({
        subject: 'ada',
      })
    }
    const { principalOfCall } = await load('grpc-metadata.mjs')
    const late = await old.tokenFor(principal, 'orders')
    await expect(principalOfCall({ get: () => [late] })).rejects.toMatchObject({ code: 16 })
    await expect(principalOfMessage({ headers: {} })).rejects.toMatchObject({ status: 401 })
  })
})
