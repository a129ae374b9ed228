import * as fc from 'fast-check'
import { type ExecutionResult, parse } from 'graphql'
import { expect, it } from 'vitest'
import { analyseOperation, decide, refusal } from '../../src/decision/index.ts'
import { guardSchema, type Principal } from '../../src/index.ts'
import { generateOperation, generatePrincipal, generateSchema } from '../decision/generated.ts'
import { executors } from './executors.ts'

/* The decision of guardSchema is the decision of the plugin, which sees the variables as the request sent them. */

const outcomes = new Map<string, number>()

it('guardSchema and the plugin decide the same in each executor', async () => {
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (g) => {
      const schema = generateSchema(g)
      guardSchema(schema, {
        principalOf: ({ principal }: { principal: Principal | null }) => principal,
      })
      for (let document = 0; document < 3; document += 1) {
        const { source, variables } = generateOperation(g, schema)
        // graphql-jit ignores the default of a variable whose type is not nullable.
        const parsed = parse(source.replace('Boolean! = true', 'Boolean = true'))
        const evaluation = analyseOperation(schema, parsed)?.evaluate(variables)
        if (evaluation === undefined) throw new Error('no operation')
        for (let who = 0; who < 3; who += 1) {
          const principal = generatePrincipal(g)
          const decision = decide(evaluation, principal)
          outcomes.set(decision.outcome, (outcomes.get(decision.outcome) ?? 0) + 1)
          for (const { name, execute } of executors) {
            const result: ExecutionResult = await execute({
              schema,
              document: parsed,
              variableValues: variables,
              contextValue: { principal },
            })
            if (decision.outcome === 'allowed') {
              expect([name, source, result.errors]).toEqual([name, source, undefined])
              continue
            }
            const { code, ...rest } = refusal(decision).extensions
            for (const { extensions } of result.errors ?? []) {
              expect(extensions).toEqual({
                code,
                ...rest,
                fields: decision.fields.map(({ coordinate, paths }) => ({ coordinate, paths })),
              })
            }
            expect(result.errors?.length).toBeGreaterThan(0)
            // `__typename` of the query type has no resolver. graphql-jit leaves fields out as undefined.
            const values = Object.values(result.data ?? {}).filter((value) => value !== 'Query')
            expect(values.every((value) => value == null)).toBe(true)
          }
        }
      }
    }),
    { numRuns: 30, interruptAfterTimeLimit: 20_000 },
  )
  // The property is not vacuous: each outcome occurred.
  for (const outcome of ['allowed', 'unauthenticated', 'insufficient']) {
    expect(outcomes.get(outcome)).toBeGreaterThan(10)
  }
})
