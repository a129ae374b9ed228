import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { transformSync } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startIssuer, type TestIssuer } from '../support/issuer.ts'
import { freePort } from '../support/programs.ts'
import { codeBlocks } from './code-blocks.ts'
import { frameworkFolder } from './frameworks.ts'
import { environmentOf, nodes } from './installed.ts'

/* The documents' programs for other servers, each with the framework that it names. */

const cwd = frameworkFolder()
let issuer: TestIssuer

beforeAll(async () => {
  writeFileSync(join(cwd, 'package.json'), '{ "type": "module" }')
  for (const { marker, code } of codeBlocks(['ts'])) {
    const [, name] = /^example (\S+)$/.exec(marker) ?? []
    if (name !== undefined)
      writeFileSync(join(cwd, name), transformSync(code, { loader: 'ts' }).code)
  }
  // The route has no server of its own.
  writeFileSync(
    join(cwd, 'next-server.mjs'),
    `import { serve } from '@hono/node-server'
import { GET } from './next-route.mjs'
serve({ fetch: GET, port: Number(process.env.PORT) })`,
  )
  issuer = await startIssuer()
})
afterAll(() => issuer.close())

describe.each(nodes)("the documents' programs for other servers on Node $version", (node) => {
  async function run(file: string) {
    const port = await freePort()
    const env = { ...environmentOf(node), JWT_ISSUER: issuer.issuer, PORT: String(port) }
    const child = spawn(node.path, [file], { cwd, env, stdio: 'inherit' })
    await listening(port, () => child.exitCode !== null)
    const url = `http://127.0.0.1:${port}`
    return { url, stop: () => child.kill() }
  }

  const bearer = async (scope: string) =>
    `Bearer ${await issuer.sign({ sub: 'alice', scope, aud: 'https://api.example' })}`

  it.each(['apollo.mjs', 'mercurius.mjs', 'graphql-http.mjs'])('%s', async (file) => {
    const { url, stop } = await run(file)
    const ask = async (query: string, authorization?: string) => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
        body: JSON.stringify({ query }),
      })
      return { status: response.status, body: await response.json() }
    }
    try {
      const allowed = { data: { hello: 'Hello', orders: ['one', 'two'] } }
      expect(await ask('{ hello orders }', await bearer('read:orders'))).toEqual({
        status: 200,
        body: allowed,
      })
      expect((await ask('{ hello }')).body).toEqual({ data: { hello: 'Hello' } })
      const denied = await ask('{ hello orders }', await bearer('other'))
      expect(denied.status).toBe(403)
      expect(denied.body.errors[0].extensions.code).toBe('FORBIDDEN')
      expect((await ask('{ hello orders }')).status).toBe(401)
      expect((await ask('{ hello }', 'Bearer bad')).status).toBe(401)
    } finally {
      stop()
    }
  })

  it.each(['express.mjs', 'fastify.mjs', 'hono.mjs', 'trpc.mjs', 'next-server.mjs'])(
    '%s',
    async (file) => {
      const { url, stop } = await run(file)
      const ask = async (authorization?: string) => {
        const headers = { ...(authorization && { authorization }) }
        const response = await fetch(`${url}/orders`, { headers })
        return { status: response.status, text: await response.text() }
      }
      try {
        const allowed = await ask(await bearer('read:orders'))
        expect(allowed.status).toBe(200)
        expect(allowed.text).toContain('{"subject":"alice"}')
        expect((await ask(await bearer('other'))).status).toBe(403)
        expect((await ask()).status).toBe(401)
        expect((await ask('Bearer bad')).status).toBe(401)
      } finally {
        stop()
      }
    },
  )
})

async function listening(port: number, hasEnded: () => boolean): Promise<void> {
  for (;;) {
    const connected = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy()
        resolve(true)
      }).on('error', () => resolve(false))
    })
    if (connected) return
    if (hasEnded()) throw new Error('The program ended.')
    await wait(50)
  }
}
