import { OverlappingFieldsCanBeMergedRule, specifiedRules, type ValidationRule } from 'graphql'
import { overlappingFieldsRule } from './overlapping-fields.ts'

const linearRules: readonly ValidationRule[] = specifiedRules.map((rule) =>
  rule === OverlappingFieldsCanBeMergedRule ? overlappingFieldsRule : rule,
)

/** The number of rules that visit a document together. */
const groupSize = 5

/**
 * The rules of the GraphQL specification (§5), each with a running time about linear in the document. They are
 * in groups, so that each group can run in a separate turn of the event loop.
 */
export const specificationRules: readonly (readonly ValidationRule[])[] = Array.from(
  { length: Math.ceil(linearRules.length / groupSize) },
  (_, n) => linearRules.slice(n * groupSize, (n + 1) * groupSize),
)
