import * as fc from 'fast-check'
import {
  buildASTSchema,
  execute,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  parse,
} from 'graphql'
import { expect, it } from 'vitest'
import { declarationOf, guardOf } from '../../src/decision/guard.ts'
import { analyseOperation, decide } from '../../src/decision/index.ts'
import { printSdl } from '../../src/pothos/index.ts'
import type { Principal } from '../../src/principal.ts'
import { satisfies } from '../../src/scopes.ts'
import { generateOperation, generatePrincipal, generateSchema, typesArgument } from './generated.ts'

/** Makes the same schema from SDL: only the decision guards its resolvers. */
function asSdl(schema: GraphQLSchema): GraphQLSchema {
  const written = buildASTSchema(parse(printSdl(schema)), { assumeValidSDL: true })
  for (const field of Object.values(written.getQueryType()?.getFields() ?? {})) {
    if (field.args.length === 0) continue
    field.extensions = { latchkey: { possibleTypes: typesArgument } }
  }
  return written
}

/** Computes, without the code under test, whether an object type and its interfaces allow the principal. */
function mayHave(schema: GraphQLSchema, typeName: string, principal: Principal | null): boolean {
  const type = schema.getType(typeName)
  if (!isObjectType(type)) throw new Error(typeName)
  return [type, ...type.getInterfaces()].every((one) => {
    const guard = guardOf(declarationOf(one))
    return guard === null || (principal !== null && satisfies(guard, principal.scopes))
  })
}

let returned = 0
let kept = 0

/** Resolves a field to a value of each possible type, and records types that the principal may not read. */
function answering(schema: GraphQLSchema, principal: Principal | null, leaks: string[]) {
  const resolve: GraphQLFieldResolver<unknown, unknown> = (_source, args, _context, info) => {
    const type = getNamedType(info.returnType)
    if (!isAbstractType(type) && !isObjectType(type)) return 1
    const possible = isObjectType(type) ? [type] : schema.getPossibleTypes(type)
    const names = possible.map(({ name }) => name)
    const asked =
      'types' in args ? names.filter((name) => typesArgument(args).includes(name)) : names
    for (const name of asked) {
      returned += 1
      if (!mayHave(schema, name, principal)) leaks.push(`${info.fieldName} returned ${name}`)
    }
    const values = asked.map((name) => ({ __typename: name }))
    return String(info.returnType).startsWith('[') ? values : values[0]
  }
  return resolve
}

it('no resolver runs that returns a type which the principal may not read', async () => {
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (g) => {
      const schema = asSdl(generateSchema(g))
      for (let document = 0; document < 4; document += 1) {
        const { source, variables } = generateOperation(g, schema)
        const parsed = parse(source)
        for (let who = 0; who < 3; who += 1) {
          const principal = generatePrincipal(g)
          const evaluation = analyseOperation(schema, parsed)?.evaluate(variables)
          if (evaluation === undefined) throw new Error('no operation')
          if (decide(evaluation, principal).outcome !== 'allowed') {
            kept += 1
            continue
          }
          const leaks: string[] = []
          const result = await execute({
            schema,
            document: parsed,
            variableValues: variables,
            fieldResolver: answering(schema, principal, leaks),
          })
          expect(result.errors).toBeUndefined()
          expect(leaks).toEqual([])
        }
      }
    }),
    { numRuns: 60, interruptAfterTimeLimit: 20_000 },
  )
  // The property is not vacuous.
  expect(returned).toBeGreaterThan(50)
  expect(kept).toBeGreaterThan(50)
})

it('with Pothos none runs either, even without a decision before', async () => {
  let refused = 0
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (g) => {
      const schema = generateSchema(g)
      const leaks: string[] = []
      const { source, variables } = generateOperation(g, schema)
      const principal = generatePrincipal(g)
      for (const type of Object.values(schema.getTypeMap())) {
        if (!isInterfaceType(type) && !isAbstractType(type)) continue
        const { resolveType } = type
        type.resolveType = (value, ...rest) => {
          const { type: name } = value as { type: string }
          if (!mayHave(schema, name, principal)) leaks.push(name)
          return resolveType?.(value, ...rest)
        }
      }
      const result = await execute({
        schema,
        document: parse(source),
        variableValues: variables,
        contextValue: { principal },
      })
      refused += result.errors?.length ?? 0
      expect(leaks).toEqual([])
    }),
    { numRuns: 100, interruptAfterTimeLimit: 20_000 },
  )
  // The property is not vacuous. About 60 are refused, but each run generates other schemas.
  expect(refused).toBeGreaterThan(10)
})
