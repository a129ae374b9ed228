import { type DocumentNode, type ExecutionArgs, parse } from 'graphql'
import { createSchema, createYoga, type Plugin } from 'graphql-yoga'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ClosableAuthenticator, createAuthenticator, usePrincipal } from '../../src/index.ts'
import { startIssuer, type TestIssuer, testAudience } from '../support/issuer.ts'

/* Plugins of an application that change an operation, before and after usePrincipal: what is executed is authorized. */

let executed: string[] = []
const schema = createSchema<{ principal: { subject: string } | null }>({
  typeDefs: /* GraphQL */ `
    directive @public on FIELD_DEFINITION
    directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
    type Query {
      hello: String @public
      orders: String @requiresScopes(scopes: [["read:orders"]])
    }
    type Subscription {
      greeted: String @public
      ordered: String @requiresScopes(scopes: [["read:orders"]])
    }
  `,
  resolvers: {
    Subscription: { greeted: events('greeted'), ordered: events('ordered') },
    Query: {
      hello: (_root, _args, { principal }) => {
        executed.push('hello')
        return `Hello ${principal?.subject ?? 'nobody'}`
      },
      orders: () => {
        executed.push('orders')
        return 'all orders'
      },
    },
  },
})

function events(name: string) {
  return {
    subscribe: async function* () {
      executed.push(name)
      yield { [name]: name }
    },
  }
}

type Change = (args: { -readonly [Name in keyof ExecutionArgs]: ExecutionArgs[Name] }) => void

const hooks: Readonly<Record<string, (change: Change) => Plugin>> = {
  'in its hook': (change) => ({
    onExecute: ({ args }) => change(args),
    onSubscribe: ({ args }) => change(args),
  }),
  'in its function that executes': (change) => {
    const changing =
      <Args extends ExecutionArgs, Result>(run: (args: Args) => Result) =>
      (args: Args) => {
        const changed = { ...args }
        change(changed)
        return run(changed)
      }
    return {
      onExecute: ({ executeFn, setExecuteFn }) => setExecuteFn(changing(executeFn)),
      onSubscribe: ({ subscribeFn, setSubscribeFn }) => setSubscribeFn(changing(subscribeFn)),
    }
  },
}

const places = Object.keys(hooks).flatMap((way) =>
  (['before', 'after'] as const).map((place) => ({ way, place })),
)

let issuer: TestIssuer
let authenticator: ClosableAuthenticator
beforeAll(async () => {
  issuer = await startIssuer()
  authenticator = createAuthenticator({
    issuers: [{ issuer: issuer.issuer, audience: testAudience, jwksUri: issuer.jwksUri }],
  })
})
afterAll(async () => {
  await authenticator.close()
  await issuer.close()
})
beforeEach(() => {
  executed = []
})

describe.each(places)('a plugin $place usePrincipal, $way', ({ way, place }) => {
  async function ask(
    change: Change,
    query: string,
    scope: string | null = null,
    variables: object = {},
  ) {
    const changing = hooks[way]?.(change) ?? {}
    const plugins = [changing, usePrincipal({ authenticator })]
    const yoga = createYoga({
      schema,
      logging: false,
      plugins: place === 'before' ? plugins : plugins.reverse(),
    })
    const authorization = scope === null ? null : `Bearer ${await issuer.sign({ scope })}`
    const response = await yoga.fetch('http://api.test/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(query.startsWith('subscription') && { accept: 'text/event-stream' }),
        ...(authorization && { authorization }),
      },
      body: JSON.stringify({ query, variables }),
    })
    const text = await response.text()
    return { status: response.status, text, body: text.startsWith('{') ? JSON.parse(text) : null }
  }

  const toOrders = (document: DocumentNode): Change => {
    return (args) => {
      args.document = document
    }
  }

  it('cannot make a caller run an operation that it may not', async () => {
    const { status, body } = await ask(toOrders(parse('{ orders }')), '{ hello }')
    expect(status).toBe(401)
    expect(body.errors[0].extensions.code).toBe('UNAUTHENTICATED')
    const insufficient = await ask(toOrders(parse('{ orders }')), '{ hello }', 'read:users')
    expect(insufficient.status).toBe(403)
    expect(executed).toEqual([])
  })

  it('cannot make a caller run a part of the operation that its variables left out', async () => {
    const change: Change = ({ variableValues }) => {
      Object.assign(variableValues ?? {}, { all: true })
    }
    const query = 'query ($all: Boolean!) { hello orders @include(if: $all) }'
    expect((await ask(change, query, null, { all: false })).status).toBe(401)
    expect(executed).toEqual([])
    const { body } = await ask(change, query, 'read:orders', { all: false })
    expect(body.data).toEqual({ hello: 'Hello alice', orders: 'all orders' })
  })

  it('cannot execute with a schema that has fields without a declaration', async () => {
    const open = createSchema({
      typeDefs: 'type Query { hello: String }',
      resolvers: { Query: { hello: () => executed.push('open') } },
    })
    const change: Change = (args) => {
      args.schema = open
    }
    expect((await ask(change, '{ hello }')).status).toBe(500)
    expect(executed).toEqual([])
  })

  it('may execute with a copy of the context', async () => {
    const change: Change = (args) => {
      args.contextValue = { ...(args.contextValue as object) }
    }
    expect((await ask(change, '{ hello }')).body.data).toEqual({ hello: 'Hello nobody' })
    const { text } = await ask(change, 'subscription { greeted }')
    expect(text).toContain('{"data":{"greeted":"greeted"}}')
  })

  it('cannot make a caller start a subscription that it may not', async () => {
    const change = toOrders(parse('subscription { ordered }'))
    const { text } = await ask(change, 'subscription { greeted }')
    expect(text).toContain('UNAUTHENTICATED')
    expect(executed).toEqual([])
    const allowed = await ask(change, 'subscription { greeted }', 'read:orders')
    expect(allowed.text).toContain('{"data":{"ordered":"ordered"}}')
  })

  it('may change the operation to one that the caller may run', async () => {
    const { body } = await ask(toOrders(parse('{ orders hello }')), '{ hello }', 'read:orders')
    expect(body.data).toEqual({ orders: 'all orders', hello: 'Hello alice' })
  })

  it('cannot make the caller another one', async () => {
    const { body } = await ask((args) => {
      const context = args.contextValue as { principal: unknown }
      context.principal = { subject: 'mallory', scopes: new Set(['read:orders']) }
    }, '{ hello }')
    expect(body.data).toEqual({ hello: 'Hello nobody' })
  })
})

describe('a plugin that executes all operations with a context of its own', () => {
  it.each(['before', 'after'])('keeps their callers, %s usePrincipal', async (place) => {
    const own = { principal: { subject: 'mallory' } }
    const wrapping: Plugin = {
      onExecute: ({ executeFn, setExecuteFn }) =>
        setExecuteFn((args) => executeFn({ ...args, contextValue: own })),
    }
    const plugins = [wrapping, usePrincipal({ authenticator })]
    const yoga = createYoga({
      schema,
      logging: false,
      plugins: place === 'before' ? plugins : plugins.reverse(),
    })
    const ask = async (query: string, scope: string) => {
      const jwt = await issuer.sign({ scope })
      const url = `http://api.test/graphql?query=${encodeURIComponent(query)}`
      return yoga.fetch(url, { headers: { authorization: `Bearer ${jwt}` } })
    }
    const allowed = await ask('{ hello orders }', 'read:orders')
    expect((await allowed.json()).data).toEqual({ hello: 'Hello alice', orders: 'all orders' })
    executed = []
    expect((await ask('{ hello orders }', 'read:users')).status).toBe(403)
    expect(executed).toEqual([])
  })
})
