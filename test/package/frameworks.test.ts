import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startIssuer, type TestIssuer } from '../support/issuer.ts'
import { frameworkFolder, runExample, writeExamples } from './frameworks.ts'
import { nodes } from './installed.ts'

/* The documents' programs for other servers, each with the framework that it names. */

const cwd = frameworkFolder()
let issuer: TestIssuer

beforeAll(async () => {
  writeExamples(cwd)
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
  const run = (file: string) => runExample(node, file, { cwd, env: { JWT_ISSUER: issuer.issuer } })

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
