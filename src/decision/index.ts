export { type Analysis, analyseOperation } from './analysis.ts'
export type { Variables } from './condition.ts'
export { scopeCoordinates } from './coordinates.ts'
export {
  type Allowed,
  type Decision,
  decide,
  type Insufficient,
  missingFor,
  refusal,
  type Unauthenticated,
} from './decide.ts'
export { combinedScopes, type Evaluation, type GuardedField } from './evaluation.ts'
export { type Declaration, declarationOf, type Guard, guardOf, guardOfField } from './guard.ts'
export { parseDocument } from './parse-document.ts'
export {
  type RequiredScopes,
  type RequiredScopesOptions,
  requiredScopes,
} from './required-scopes.ts'
