import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { composeServices } from '@theguild/federation-composition'
import { parse } from 'graphql'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { newIdentityKeys, writeIdentityKeys } from '../../src/identity/keys.ts'
import { startIssuer, type TestIssuer } from '../support/issuer.ts'
import { freePort } from '../support/programs.ts'
import { codeBlocks } from './code-blocks.ts'
import { folder as installedFolder } from './installed.ts'

/* The programs of docs/gateways.md: the gateway checks credentials, and a subgraph verifies the identity. */

const gatewayFolder = fileURLToPath(new URL('../gateway/', import.meta.url))
const installed = existsSync(join(gatewayFolder, 'node_modules/@graphql-hive/gateway'))

const subgraphSdl = /* GraphQL */ `
  extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@requiresScopes"])
  type Query {
    hello: String!
    orders: [String!]! @requiresScopes(scopes: [["read:orders"]])
  }
`

describe.skipIf(!installed)('Hive Gateway with usePrincipal', () => {
  let issuer: TestIssuer
  let folder: string
  let gateway: string
  let subgraph: string
  const children: ChildProcess[] = []

  beforeAll(async () => {
    issuer = await startIssuer()
    // Here the package and the gateway share one copy of graphql.
    folder = mkdtempSync(join(gatewayFolder, '.edge-'))
    const latchkey = 'node_modules/latchkey'
    cpSync(join(installedFolder, latchkey), join(folder, latchkey), { recursive: true })
    for (const { marker, code } of codeBlocks(['js'])) {
      const [, name] = /^example (\S+\.mjs)$/.exec(marker) ?? []
      if (name !== undefined) writeFileSync(join(folder, name), code)
    }
    const [gatewayPort, subgraphPort] = [await freePort(), await freePort()]
    gateway = `http://127.0.0.1:${gatewayPort}`
    subgraph = `http://127.0.0.1:${subgraphPort}/graphql`
    const { supergraphSdl } = composeServices([
      { name: 'orders', typeDefs: parse(subgraphSdl), url: subgraph },
    ])
    writeFileSync(join(folder, 'supergraph.graphql'), supergraphSdl ?? '')
    writeFileSync(join(folder, 'keys.json'), writeIdentityKeys(newIdentityKeys('EdDSA')))
    const env = {
      PATH: process.env.PATH,
      JWT_ISSUER: issuer.issuer,
      PUBLIC_URL: gateway,
      IDENTITY_KEYS_FILE: 'keys.json',
    }
    run('subgraph.mjs', { ...env, PORT: String(subgraphPort) })
    run('hive-gateway.mjs', { ...env, PORT: String(gatewayPort) })
    await vi.waitFor(
      async () => {
        expect((await ask(gateway, '{ hello }')).body).toEqual({ data: { hello: 'Hello' } })
      },
      { timeout: 50_000, interval: 200 },
    )
  })
  afterAll(async () => {
    const ended = children.map((child) => once(child, 'exit'))
    for (const child of children) child.kill()
    await Promise.all(ended)
    rmSync(folder, { recursive: true, force: true })
    await issuer.close()
  })

  function run(file: string, env: Record<string, string | undefined>): void {
    children.push(
      spawn(process.execPath, [file], {
        cwd: folder,
        env: env as NodeJS.ProcessEnv,
        stdio: 'inherit',
      }),
    )
  }

  async function ask(
    url: string,
    query: string,
    headers: Record<string, string> = {},
    extensions: object = {},
  ) {
    const response = await fetch(url.endsWith('/graphql') ? url : `${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, extensions }),
    })
    return { status: response.status, body: await response.json() }
  }

  const bearer = async (scope: string, sub = 'ada') => ({
    authorization: `Bearer ${await issuer.sign({ sub, scope })}`,
  })

  it('passes the identity of the caller on to the subgraph', async () => {
    const { body } = await ask(gateway, '{ hello orders }', await bearer('read:orders'))
    expect(body).toEqual({ data: { hello: 'Hello', orders: ['an order of ada'] } })
  })

  it('keeps the answers of callers apart who ask the same at once', async () => {
    const subjects = Array.from({ length: 20 }, (_, n) => `caller-${n}`)
    const callers = await Promise.all(subjects.map((sub) => bearer('read:orders', sub)))
    const answers = await Promise.all(callers.map((caller) => ask(gateway, '{ orders }', caller)))
    expect(answers.map(({ body }) => body.data.orders)).toEqual(
      subjects.map((sub) => [`an order of ${sub}`]),
    )
  })

  it('denies an operation at the edge', async () => {
    const denied = await ask(gateway, '{ hello orders }', await bearer('other'))
    expect(denied.body.errors[0].extensions.code).toBe('FORBIDDEN')
    expect((await ask(gateway, '{ orders }')).body.errors[0].extensions.code).toBe(
      'UNAUTHENTICATED',
    )
    const refused = await ask(gateway, '{ hello }', { authorization: 'Bearer wrong' })
    expect(refused.status).toBe(401)
    expect(refused.body.errors[0].extensions.code).toBe('INVALID_CREDENTIAL')
  })

  it('passes on no identity that a client has sent', async () => {
    const forged = { 'x-identity': 'a.b.c' }
    const hello = { data: { hello: 'Hello' } }
    expect((await ask(gateway, '{ hello }', forged)).body).toEqual(hello)
    expect((await ask(gateway, '{ hello }', {}, { headers: forged })).body).toEqual(hello)
    const direct = await ask(subgraph, '{ orders }', forged)
    expect(direct.body.data ?? null).toBeNull()
    expect(direct.body.errors).toHaveLength(1)
  })
})
