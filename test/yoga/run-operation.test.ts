import { GraphQLError } from 'graphql'
import { createSchema, createYoga, type Plugin } from 'graphql-yoga'
import { describe, expect, it } from 'vitest'
import { createRunOperation, resultAnswer } from '../../src/yoga/run-operation.ts'

/*
 * Tests everything that Latchkey uses of Yoga beyond its documentation. If one of these fails after an upgrade,
 * that part of Yoga has changed.
 */

const shown = new Request('http://yoga.example/graphql', { method: 'POST', body: '{}' })

function yogaWith(plugins: Plugin[] = []) {
  return createYoga({
    schema: createSchema({
      typeDefs: 'type Query { who: String, fail: String, later: String } type Mutation { go: Int }',
      resolvers: {
        Query: {
          who: (_root, _args, { name }) => name,
          fail: () => {
            throw new GraphQLError('failed')
          },
          later: async (_root, _args, context: { waitUntil(promise: Promise<unknown>): void }) => {
            context.waitUntil(Promise.resolve())
            return 'later'
          },
        },
        Mutation: { go: () => 1 },
      },
    }),
    logging: false,
    plugins,
  })
}

describe('an operation that Yoga runs without a Response', () => {
  it('gets the server context, and is synchronous if nothing is awaited', () => {
    const run = createRunOperation(yogaWith())
    expect(run({ query: '{ who }' }, shown, { name: 'ada' })).not.toBeInstanceOf(Promise)
    expect(run({ query: '{ who }' }, shown, { name: 'ada' })).toMatchObject({
      data: { who: 'ada' },
    })
  })

  it('runs the hooks on operations, and none on requests', async () => {
    const seen: string[] = []
    const run = createRunOperation(
      yogaWith([
        {
          onRequest: () => void seen.push('onRequest'),
          onRequestParse: () => void seen.push('onRequestParse'),
          onParams: ({ request }) => void seen.push(`onParams ${request === shown}`),
          onParse: () => void seen.push('onParse'),
          onValidate: () => void seen.push('onValidate'),
          onContextBuilding: () => void seen.push('onContextBuilding'),
          onExecute: ({ args }) =>
            void seen.push(`onExecute ${args.contextValue.request === shown}`),
          onResultProcess: () => void seen.push('onResultProcess'),
          onResponse: () => void seen.push('onResponse'),
        },
      ]),
    )
    await run({ query: '{ who }' }, shown, { name: 'ada' })
    const operation = ['onParse', 'onValidate', 'onContextBuilding', 'onExecute true']
    expect(seen).toEqual(['onParams true', ...operation])
  })

  it('may continue after the answer with waitUntil', async () => {
    const run = createRunOperation(yogaWith())
    expect(await run({ query: '{ later }' }, shown, {})).toMatchObject({ data: { later: 'later' } })
  })

  it.each([
    ['a mutation by GET', 'mutation { go }', 405],
    ['a document that is not valid', '{ nothing }', 200],
  ])('is refused as in its own request handling: %s', async (_name, query, status) => {
    const yoga = yogaWith()
    const get = new Request(`http://yoga.example/graphql?query=${encodeURIComponent(query)}`, {
      headers: { accept: 'application/json' },
    })
    const response = await yoga.fetch(get, {})
    let answer: unknown
    try {
      const result = await createRunOperation(yoga)({ query }, get, {})
      answer = resultAnswer(result, 'application/json')
    } catch (error) {
      answer = resultAnswer({ errors: [error as GraphQLError] }, 'application/json')
    }
    expect(answer).toMatchObject({ status, body: await response.text() })
    expect(response.status).toBe(status)
  })
})

describe('the answer to a result', () => {
  it.each([
    [{ data: { who: 'ada' } }, 200],
    [{ errors: [new GraphQLError('no', { extensions: { http: { status: 403 } } })] }, 403],
    [{ data: null, errors: [new GraphQLError('no')] }, 200],
  ])('has status, media type and body: %j', (result, status) => {
    const answer = resultAnswer(result, 'application/graphql-response+json')
    expect(answer.status).toBe(status)
    expect(answer.headers['content-type']).toBe('application/graphql-response+json; charset=utf-8')
    expect(JSON.parse(answer.body)).toEqual(
      JSON.parse(
        JSON.stringify({ ...result, ...('errors' in result && { errors: [{ message: 'no' }] }) }),
      ),
    )
  })

  it('shares one headers object among answers that have only a media type', () => {
    const [one, other] = [
      resultAnswer({ data: {} }, 'application/json'),
      resultAnswer({ data: { a: 1 } }, 'application/json'),
    ]
    expect(one.headers).toBe(other.headers)
  })
})
