import { buildASTSchema, type GraphQLSchema, parse, Source, validate } from 'graphql'
import { analyseOperation, type Evaluation } from '../../decision/index.ts'
import { type ScopeRequirement, satisfies } from '../../scopes.ts'
import { faultOf, type Operation, type SourceFault } from './read-operations.ts'

/** A schema written as SDL, a subgraph's too: what federation defines need not be in it. */
export function schemaOf(sdl: string, file: string): GraphQLSchema {
  return buildASTSchema(parse(new Source(sdl, file)), { assumeValidSDL: true })
}

/** What an operation needs, whatever its variables are; or what is wrong with it. */
export function needsOf(
  schema: GraphQLSchema,
  { document, file }: Operation,
): Evaluation | readonly SourceFault[] {
  const errors = validate(schema, document)
  if (errors.length > 0) return errors.map((error) => faultOf(error, file))
  const analysis = analyseOperation(schema, document)
  if (analysis === null) throw new Error('A document of one operation has none.')
  return analysis.evaluate('any')
}

export function isFaulty(
  needs: Evaluation | readonly SourceFault[],
): needs is readonly SourceFault[] {
  return Array.isArray(needs)
}

/** Whether whoever holds exactly `scopes` may run it. */
export function allows(evaluation: Evaluation, scopes: readonly string[]): boolean {
  const held = new Set(scopes)
  return evaluation.requirements.every((requirement) => satisfies(requirement, held))
}

/** Whether someone who could run `before` with no scope to spare cannot run `after`. */
export function needsMore(before: Evaluation, after: Evaluation): boolean {
  if (after.authenticated && !before.authenticated) return true
  return before.scopes.some((scopes) => !allows(after, scopes))
}

/** For people: `read:users read:keys, or manage:keys`. */
export function needsText(needs: {
  readonly authenticated: boolean
  readonly scopes: ScopeRequirement
}): string {
  if (!needs.authenticated) return '(nothing)'
  return needs.scopes
    .map((list) => (list.length === 0 ? '(any credential)' : list.join(' ')))
    .join(', or ')
}
