import { Agent } from 'node:http'
import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { describe, expect, it } from 'vitest'
import { createTestApp } from '../support/app.ts'
import { listenWith, send } from '../support/listening.ts'

/* Plugins for Yoga that an application gives to the server. */

const json = ['Content-Type', 'application/json']
const scopes = JSON.stringify({ query: '{ scopes { name } }' })

describe('a plugin', () => {
  const watching: readonly [string, Plugin][] = [
    ['onRequest', { onRequest: () => {} }],
    ['onResponse', { onResponse: () => {} }],
    ['onRequestParse', { onRequestParse: () => {} }],
    ['onResultProcess', { onResultProcess: () => {} }],
    ['instrumentation', { instrumentation: {} }],
    [
      'a plugin that adds one with onResponse',
      { onPluginInit: ({ addPlugin }) => addPlugin({ onResponse: () => {} } as Plugin) },
    ],
  ]

  async function isDirect(plugin: Plugin) {
    const other = await createTestApp({}, { plugins: [plugin] })
    let direct: boolean | undefined
    const listener = await listenWith({
      fetch: other.fetch,
      listener: (request, response) => {
        direct = other.listener(request, response)
        return direct
      },
    })
    const answer = await send(listener.port, '/graphql', json, { method: 'POST', body: scopes })
    await listener.close()
    await other.close()
    expect(answer.status).toBe(200)
    return direct
  }

  it.each(watching)('that has %s sees every request', async (_name, plugin) => {
    expect(await isDirect(plugin)).toBe(false)
  })

  it('that hooks into operations only runs too', async () => {
    const seen: unknown[] = []
    const plugin: Plugin = {
      onExecute({ args }) {
        const { request } = args.contextValue
        seen.push(request.method, request.headers.get('content-type'), request.signal.aborted)
        seen.push(new URL(request.url).pathname)
      },
    }
    expect(await isDirect(plugin)).toBe(true)
    expect(seen).toEqual(['POST', 'application/json', false, '/graphql'])
  })

  it('may look at the signal of each request of a connection', async () => {
    const signals: AbortSignal[] = []
    const warnings: Error[] = []
    const onWarning = (warning: Error) => warnings.push(warning)
    process.on('warning', onWarning)
    const plugin: Plugin = {
      onExecute({ args }) {
        signals.push(args.contextValue.request.signal)
      },
    }
    const other = await createTestApp({}, { plugins: [plugin] })
    const listener = await listenWith(other)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let i = 0; i < 12; i++) {
      await send(listener.port, '/graphql', json, { method: 'POST', body: scopes, agent })
    }
    agent.destroy()
    await listener.close()
    await other.close()
    process.off('warning', onWarning)
    expect(signals.map((signal) => signal.aborted)).toEqual(Array(12).fill(false))
    expect(warnings).toEqual([])
  })

  it('that sees every request leaves the code of a mutation by GET', async () => {
    const other = await createTestApp({}, { plugins: [{ onResponse: () => {} }] })
    const query = encodeURIComponent('mutation { signOutEverywhere { at } }')
    const response = await other.fetch(
      new Request(`http://latchkey.example/graphql?query=${query}`),
    )
    await other.close()
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST')
    expect((await response.json()).errors[0].extensions).toEqual({ code: 'METHOD_NOT_ALLOWED' })
  })

  it('that sets an invalid header does not end the process', async () => {
    const plugin: Plugin = {
      onExecute: ({ setResultAndStopExecution }) =>
        setResultAndStopExecution({
          errors: [
            new GraphQLError('no', { extensions: { http: { headers: { 'x-reason': 'a\r\nb' } } } }),
          ],
        }),
    }
    const other = await createTestApp({}, { plugins: [plugin] })
    const listener = await listenWith(other)
    const answer = await send(listener.port, '/graphql', json, { method: 'POST', body: scopes })
    await listener.close()
    await other.close()
    expect(answer.status).toBe(500)
    expect(JSON.parse(answer.body).errors[0].extensions).toMatchObject({
      code: 'INTERNAL_SERVER_ERROR',
      requestId: answer.headers['x-request-id'],
    })
  })
})
