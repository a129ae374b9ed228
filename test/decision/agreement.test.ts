import * as fc from 'fast-check'
import {
  execute,
  type GraphQLError,
  NoUnusedFragmentsRule,
  NoUnusedVariablesRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql'
import { expect, it } from 'vitest'
import { analyseOperation, decide } from '../../src/decision/index.ts'
import { InsufficientScopeError, UnauthenticatedError } from '../../src/errors.ts'
import { generateOperation, generatePrincipal, generateSchema } from './generated.ts'

const rules = specifiedRules.filter(
  (rule) => rule !== NoUnusedFragmentsRule && rule !== NoUnusedVariablesRule,
)

const outcomes = new Map<string, number>()

it('the decision before execution and the check at each field never disagree', async () => {
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (g) => {
      const schema = generateSchema(g)
      for (let document = 0; document < 3; document += 1) {
        const { source, variables } = generateOperation(g, schema)
        const parsed = parse(source)
        expect(validate(schema, parsed, rules)).toEqual([])
        const evaluation = analyseOperation(schema, parsed)?.evaluate(variables)
        if (evaluation === undefined) throw new Error('no operation')
        for (let who = 0; who < 2; who += 1) {
          const principal = generatePrincipal(g)
          const decision = decide(evaluation, principal)
          const result = await execute({
            schema,
            document: parsed,
            variableValues: variables,
            contextValue: { principal },
          })
          const refusals = result.errors ?? []
          outcomes.set(decision.outcome, (outcomes.get(decision.outcome) ?? 0) + 1)

          if (decision.outcome === 'allowed') {
            expect(refusals).toEqual([])
            continue
          }
          const expected =
            decision.outcome === 'unauthenticated' ? UnauthenticatedError : InsufficientScopeError
          expect(refusals.length).toBeGreaterThan(0)
          for (const refusal of refusals) expect(refusal.originalError).toBeInstanceOf(expected)

          // Every field that fails was denied by the decision, with its path. Every denied field fails,
          // or one of its ancestors does.
          const denied = new Set(
            decision.fields.flatMap(({ paths }) => paths.map((path) => path.join('.'))),
          )
          const failed = new Set(refusals.map(pathOf))
          const complete = decision.fields.every(({ paths }) => paths.length < 20)
          if (complete) for (const place of failed) expect(denied).toContain(place)
          for (const place of denied) {
            const above = place.split('.').map((_, at, all) => all.slice(0, at + 1).join('.'))
            expect(above.some((prefix) => failed.has(prefix))).toBe(true)
          }

          if (decision.outcome === 'insufficient' && principal !== null) {
            const more = new Set([...principal.scopes, ...decision.missingScopes])
            expect(decide(evaluation, { ...principal, scopes: more }).outcome).toBe('allowed')
          }
        }
      }
    }),
    { numRuns: 80, interruptAfterTimeLimit: 20_000 },
  )
  // The property is not vacuous: each outcome occurred.
  for (const outcome of ['allowed', 'unauthenticated', 'insufficient']) {
    expect(outcomes.get(outcome)).toBeGreaterThan(20)
  }
})

function pathOf(error: GraphQLError): string {
  return (error.path ?? []).filter((key) => typeof key === 'string').join('.')
}
