import { OverlappingFieldsCanBeMergedRule, specifiedRules, type ValidationRule } from 'graphql'
import { overlappingFieldsRule } from './overlapping-fields.ts'

const linearRules: readonly ValidationRule[] = specifiedRules.map((rule) =>
  rule === OverlappingFieldsCanBeMergedRule ? overlappingFieldsRule : rule,
)

/** How many rules go through a document together. */
const groupSize = 5

/**
 * The rules of the GraphQL specification (§5), each of which takes time about linear in the document, in
 * groups that can be checked in turns of their own.
 */
export const specificationRules: readonly (readonly ValidationRule[])[] = Array.from(
  { length: Math.ceil(linearRules.length / groupSize) },
  (_, n) => linearRules.slice(n * groupSize, (n + 1) * groupSize),
)
