import {
  composeServices,
  transformSupergraphToPublicSchema,
} from '@theguild/federation-composition'
import { buildASTSchema, parse } from 'graphql'
import { expect, it } from 'vitest'
import { printSdl } from '../../src/pothos/index.ts'
import { createSchema } from '../../src/schema/index.ts'
import { reviewsSdl } from './reviews.ts'

const ours = printSdl(createSchema())

function compose(sdl: string) {
  return composeServices([
    { name: 'latchkey', typeDefs: parse(sdl), url: 'http://latchkey.test/graphql' },
    { name: 'reviews', typeDefs: parse(reviewsSdl), url: 'http://reviews.test/graphql' },
  ])
}

it('the schema is a subgraph that composes with another', () => {
  const { supergraphSdl, errors } = compose(ours)
  expect(errors).toBeUndefined()
  const schema = buildASTSchema(transformSupergraphToPublicSchema(parse(supergraphSdl ?? '')))
  const user = schema.getType('User')
  expect(user && 'getFields' in user && Object.keys(user.getFields())).toEqual(
    expect.arrayContaining(['subject', 'reviews']),
  )
  expect(Object.keys(schema.getQueryType()?.getFields() ?? {})).not.toContain('_entities')
})

it('the router gets the required scopes', () => {
  const { supergraphSdl } = compose(ours)
  expect(supergraphSdl).toMatch(/me: User! @join__field\(graph: LATCHKEY\)\s+@authenticated/)
  expect(supergraphSdl).toMatch(/@requiresScopes\(scopes: \[\["read:users"\]\]\)/)
})

it.each([
  ['@shareable', 'type PageInfo @shareable', 'type PageInfo', 'INVALID_FIELD_SHARING'],
  ['@key', 'type User @key(fields: "id")', 'type User', 'INVALID_FIELD_SHARING'],
])('the schema does not compose without %s', (_name, written, changed, code) => {
  expect(ours).toContain(written)
  const { errors } = compose(ours.replace(written, changed))
  expect(errors?.map((error) => error.extensions.code)).toContain(code)
})
