import { buildASTSchema, type GraphQLSchema, parse, Source, validate } from 'graphql'
import { analyseOperation, type Evaluation } from '../../decision/index.ts'
import { type ScopeRequirement, satisfies } from '../../scopes.ts'
import { faultOf, type Operation, type SourceFault } from './read-operations.ts'

/** Builds a schema from SDL. The SDL of a subgraph need not define the directives of federation. */
export function schemaOf(sdl: string, file: string): GraphQLSchema {
  return buildASTSchema(parse(new Source(sdl, file)), { assumeValidSDL: true })
}

/** Returns the scopes that an operation needs with any variables, or the faults of an invalid operation. */
export function needsOf(
  schema: GraphQLSchema,
  { document, file }: Operation,
): Evaluation | readonly SourceFault[] {
  const errors = validate(schema, document)
  if (errors.length > 0) return errors.map((error) => faultOf(error, file))
  const analysis = analyseOperation(schema, document)
  if (analysis === null) throw new Error('The document must contain exactly one operation.')
  return analysis.evaluate('any')
}

export function isFaulty(
  needs: Evaluation | readonly SourceFault[],
): needs is readonly SourceFault[] {
  return Array.isArray(needs)
}

/** Whether a caller with exactly `scopes` may run the operation. */
export function allows(evaluation: Evaluation, scopes: readonly string[]): boolean {
  const held = new Set(scopes)
  return evaluation.requirements.every((requirement) => satisfies(requirement, held))
}

/** Whether some minimal set of scopes that is enough for `before` is not enough for `after`. */
export function needsMore(before: Evaluation, after: Evaluation): boolean {
  if (after.authenticated && !before.authenticated) return true
  return before.scopes.some((scopes) => !allows(after, scopes))
}

/** Formats alternatives such as `read:users read:keys, or manage:keys`. */
export function needsText(needs: {
  readonly authenticated: boolean
  readonly scopes: ScopeRequirement
}): string {
  if (!needs.authenticated) return '(nothing)'
  return needs.scopes
    .map((list) => (list.length === 0 ? '(any credential)' : list.join(' ')))
    .join(', or ')
}
