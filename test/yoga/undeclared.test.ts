import { makeExecutableSchema } from '@graphql-tools/schema'
import {
  buildSchema,
  GraphQLObjectType,
  type GraphQLSchema,
  GraphQLString,
  GraphQLSchema as Schema,
} from 'graphql'
import { createSchema, createYoga } from 'graphql-yoga'
import { expect, it } from 'vitest'
import { createAuthenticator, usePrincipal } from '../../src/index.ts'

/* A field that is open by mistake stops the start, or every operation if the schema is known only later. */

const authenticator = createAuthenticator({
  issuers: [{ issuer: 'https://issuer.example', audience: 'test' }],
})

const directives = /* GraphQL */ `
  directive @public on FIELD_DEFINITION
  directive @authenticated on FIELD_DEFINITION | OBJECT | SCALAR
  directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
`
const sdl = (typeDefs: string) => createSchema({ typeDefs: `${directives} ${typeDefs}` })

function start(schema: GraphQLSchema, undeclared?: 'refuse' | 'public') {
  const plugin = usePrincipal({ authenticator, ...(undeclared && { undeclared }) })
  return createYoga({ schema, plugins: [plugin], logging: false })
}

async function ask(yoga: ReturnType<typeof start>, query: string) {
  const response = await yoga.fetch('http://yoga.test/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  })
  return { status: response.status, body: await response.json() }
}

it('a root field without a declaration stops the start', () => {
  const schema = sdl(`
    type Query { hello: String open: String @public }
    type Mutation { change: String }
    type Subscription { changed: String }
  `)
  expect(() => start(schema)).toThrow(
    `The schema is refused.
Query.hello does not declare who may call it. Write one of @public, @authenticated or @requiresScopes(scopes: [["…"]]) on the field; or set undeclared: 'public' to open all fields without a declaration.
Mutation.change does not declare`,
  )
  expect(() => start(schema)).toThrow('Subscription.changed does not declare')
})

it('the fields of a federation, and fields of a guarded root type, need no declaration', async () => {
  const schema = sdl(`
    scalar _Any
    type _Service { sdl: String }
    union _Entity = Thing
    type Thing { id: ID! }
    type Query { _service: _Service! _entities(representations: [_Any!]!): [_Entity]! }
    type Mutation @authenticated { change: String }
  `)
  const { status } = await ask(start(schema), 'mutation { change }')
  expect(status).toBe(401)
})

it("undeclared: 'public' opens them", async () => {
  const schema = sdl('type Query { hello: String secret: String @authenticated }')
  const yoga = start(schema, 'public')
  expect(await ask(yoga, '{ hello }')).toEqual({ status: 200, body: { data: { hello: null } } })
  expect(await ask(yoga, '{ secret }')).toMatchObject({ status: 401 })
})

it('another value of undeclared is refused', () => {
  const schema = sdl('type Query { hello: String @public }')
  expect(() => start(schema, 'open' as 'public')).toThrow("must be 'refuse' or 'public'")
})

it.each([
  'authentcated',
  'authenticate',
  'uathenticated',
  'requireScopes',
  'requiresScope',
  'Public',
])('a directive @%s stops the start, on fields below the root too', (name) => {
  const definition = `directive @${name}(scopes: [[String!]!]) on FIELD_DEFINITION | OBJECT`
  const nested = sdl(`${definition}
      type Query { me: User @public }
      type User { email: String @${name} }
    `)
  for (const undeclared of ['refuse', 'public'] as const) {
    expect(() => start(nested, undeclared)).toThrow(
      `User.email has the directive @${name}, which declares nothing. Write @`,
    )
  }
  const ofType = sdl(`${definition}
      type Query { me: User @public }
      type User @${name} { email: String }
    `)
  expect(() => start(ofType)).toThrow(`User has the directive @${name},`)
})

it('a directive of the application with such a name is allowed beside a declaration', () => {
  const schema = sdl(`
    directive @authenticate on FIELD_DEFINITION
    type Query { me: String @authenticate @authenticated }
  `)
  expect(() => start(schema)).not.toThrow()
})

it('a misspelt directive that the schema does not define is refused beside a declaration', () => {
  const schema = makeExecutableSchema({
    assumeValidSDL: true,
    typeDefs: `
      directive @public on FIELD_DEFINITION
      type Query { me: String @public @requireScopes(scopes: [["read:me"]]) }
    `,
  })
  expect(() => start(schema)).toThrow('Query.me has the directive @requireScopes,')
})

it.each([
  {
    name: 'needs',
    link: 'import: ["@key", { name: "@requiresScopes", as: "@needs" }]',
    fault: '@link imports @requiresScopes as @needs, which declares nothing.',
  },
  {
    name: 'fed__requiresScopes',
    link: 'as: "fed", import: ["@authenticated"]',
    fault: 'User.email has the directive @fed__requiresScopes, which declares nothing.',
  },
])('a directive of a federation by the name @$name stops the start', ({ name, link, fault }) => {
  const typeDefs = `
    ${directives}
    directive @${name}(scopes: [[String!]!]!) on FIELD_DEFINITION
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", ${link})
    type Query { hello: String @authenticated }
    type User { email: String @authenticated @${name}(scopes: [["a"]]) }
  `
  expect(() => start(buildSchema(typeDefs, { assumeValidSDL: true }))).toThrow(fault)
})

const federation = 'https://specs.apollo.dev/federation/v2.5'
const linked = (link: string) =>
  buildSchema(`${directives} extend schema ${link} type Query { hello: String @public }`, {
    assumeValidSDL: true,
  })

it.each([
  `@lk(url: "${federation}", import: [{ name: "@authenticated", as: "@auth" }])`,
  '@link(url: "https://specs.apollo.dev/authenticated/v0.1", as: "auth")',
])('a directive that is renamed by %s stops the start', (link) => {
  expect(() => start(linked(link))).toThrow('@link imports @authenticated as @auth,')
})

it.each([
  '@link(url: "https://org.example/auth/v1.0", import: [{ name: "@public", as: "@open" }])',
  `@link(url: "${federation}", import: [{ name: "@authenticated", as: null }, "@key"])`,
  `@link(url: "${federation}", import: [{ name: "@authenticated", as: "@federation__authenticated" }])`,
  '@link(url: "https://specs.apollo.dev/authenticated/v0.1")',
])('a schema with %s starts', (link) => {
  expect(() => start(linked(link))).not.toThrow()
})

it('a declaration of a wrong form is named where it has no effect', () => {
  const schema = buildSchema(`${directives} type Query { hello(a: Int): String @public }`)
  const argument = schema.getQueryType()?.getFields().hello?.args[0]
  Object.assign(argument?.extensions ?? {}, { latchkey: { requiresScopes: 'read:me' } })
  expect(() => start(schema)).toThrow(/extensions\.latchkey of Query\.hello\(a:\) has/)
})

it.each([
  ['Query.me(id:)', 'type Query { me(id: ID @restricted): String @public }'],
  ['Named.name(short:)', 'interface Named { name(short: Boolean @restricted): String }'],
  ['Filter', 'input Filter @restricted { name: String }'],
  ['Filter.name', 'input Filter { name: String @restricted }'],
  ['Color.RED', 'enum Color { RED @restricted BLUE }'],
  ['The schema', 'schema @restricted { query: Query }'],
])('a requirement of %s, where it has no effect, stops the start', (place, typeDefs) => {
  const query = typeDefs.includes('type Query') ? '' : 'type Query { hello: String @public }'
  for (const directive of ['@requiresScopes(scopes: [["a"]])', '@authenticated']) {
    const schema = makeExecutableSchema({
      assumeValidSDL: true,
      typeDefs: `${directives} ${query} ${typeDefs.replace('@restricted', directive)}`,
    })
    for (const undeclared of ['refuse', 'public'] as const) {
      expect(() => start(schema, undeclared)).toThrow(`${place} has a requirement, which has no`)
    }
  }
})

it('a schema that is built in code declares in its extensions', () => {
  const query = (latchkey?: object) =>
    new Schema({
      query: new GraphQLObjectType({
        name: 'Query',
        fields: { hello: { type: GraphQLString, extensions: { latchkey } } },
      }),
    })
  expect(() => start(query())).toThrow(
    'Query.hello does not declare who may call it. Write one of { public: true },',
  )
  expect(() => start(query({ public: true }))).not.toThrow()
  for (const wrong of [
    { requiresScopes: undefined },
    { requiresScopes: ['read:me'] },
    { requiresScopes: 'read:me' },
    { authenticated: false },
    { public: false },
    { public: true, requireScopes: [['read:me']] },
    { authenticated: true, scopes: [['read:me']] },
  ]) {
    expect(() => start(query(wrong))).toThrow(/extensions\.latchkey of Query\.hello has/)
  }
})

it('every operation on a schema that arrives later is refused', async () => {
  const schema = sdl('type Query { hello: String secret: String @authenticated }')
  for (const late of [Promise.resolve(schema), () => schema]) {
    const yoga = start(late as unknown as GraphQLSchema)
    for (const query of ['{ hello }', '{ hello }', '{ __typename }', '{ hello }']) {
      const { status, body } = await ask(yoga, query)
      expect(status).toBe(500)
      expect(body).toMatchObject({ errors: [{ message: 'Unexpected error.' }] })
      expect(body.data ?? null).toBeNull()
    }
  }
})
