import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createIdentityIssuer, type IdentityIssuer } from '../../src/identity/issuer.ts'
import { newIdentityKeys, readIdentityKeys, writeIdentityKeys } from '../../src/identity/keys.ts'
import type { Principal } from '../../src/principal.ts'
import { writeExamples } from './frameworks.ts'
import { projectFolder } from './installed.ts'

/* The programs of docs/messages.md, on the installed package. */

const folder = projectFolder()
const principal: Principal = {
  issuer: 'https://id.example',
  subject: 'ada',
  userId: 'c0ffee00-0000-4000-8000-000000000000',
  scopes: new Set(['read:orders']),
  credential: { kind: 'JWT', id: null, name: null, issuer: null, scopes: [], expiresAt: null },
}

const runtimes = fileURLToPath(new URL('../runtimes/', import.meta.url))
const grpcFolder = join(runtimes, 'node_modules', '@grpc', 'grpc-js')
const hasGrpc = existsSync(grpcFolder)
// biome-ignore lint/suspicious/noExplicitAny: its types are not installed here
const grpc = (): any => createRequire(import.meta.url)(grpcFolder)

it.skipIf(!process.env.CI)('has grpc-js', () => expect(hasGrpc).toBe(true))

let server: Server
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
  writeExamples(folder)
})
afterAll(() => {
  if (before === undefined) delete process.env.PUBLIC_URL
  else process.env.PUBLIC_URL = before
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

  it.skipIf(!hasGrpc)('is read from the metadata of a call of grpc-js', async () => {
    const { Client, Metadata, Server, ServerCredentials, credentials } = grpc()
    const { principalOfCall } = await load('grpc-metadata.mjs')
    const bytes = (text: string) => Buffer.from(text)
    const path = '/orders.Orders/Subject'
    const calls = new Server()
    const method = {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: bytes,
      requestDeserialize: String,
      responseSerialize: bytes,
      responseDeserialize: String,
    }
    calls.addService(
      { subject: method },
      {
        // biome-ignore lint/suspicious/noExplicitAny: the types of grpc-js are not installed
        subject: (call: any, callback: any) => {
          principalOfCall(call.metadata).then(
            (principal: Principal) => callback(null, principal.subject),
            callback,
          )
        },
      },
    )
    const port = await new Promise((resolve, reject) => {
      const insecure = ServerCredentials.createInsecure()
      calls.bindAsync('127.0.0.1:0', insecure, (error: Error | null, found: number) =>
        error === null ? resolve(found) : reject(error),
      )
    })
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
    const subjectOf = (sent: Record<string, string>): Promise<string> => {
      const metadata = new Metadata()
      for (const [name, value] of Object.entries(sent)) metadata.set(name, value)
      return new Promise((resolve, reject) => {
        const answered = (error: Error | null, subject: string) =>
          error === null ? resolve(subject) : reject(error)
        client.makeUnaryRequest(path, bytes, String, 'Who?', metadata, answered)
      })
    }
    const token = await identity.tokenFor(principal, 'orders')
    expect(await subjectOf({ 'x-identity': token })).toBe('ada')
    const others = [{}, { 'x-identity': 'a.b.c' }, { authorization: `Bearer ${token}` }]
    for (const sent of others) await expect(subjectOf(sent)).rejects.toMatchObject({ code: 16 })
    client.close()
    calls.forceShutdown()
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
