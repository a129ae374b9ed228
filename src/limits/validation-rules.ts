import { OverlappingFieldsCanBeMergedRule, specifiedRules, type ValidationRule } from 'graphql'
import { overlappingFieldsRule } from './overlapping-fields.ts'

/** The rules of the GraphQL specification (§5), each of which takes time about linear in the document. */
export const specificationRules: readonly ValidationRule[] = specifiedRules.map((rule) =>
  rule === OverlappingFieldsCanBeMergedRule ? overlappingFieldsRule : rule,
)
