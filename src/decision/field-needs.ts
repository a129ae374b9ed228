import type { GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema } from 'graphql'
import type { Principal } from '../principal.ts'
import type { ScopeRequirement } from '../scopes.ts'
import {
  type Arguments,
  type Field,
  fieldRulesOf,
  narrowedBy,
  possibleTypesOf,
} from './field-rules.ts'
import { coveredPayloadFields } from './payload-fields.ts'
import { guardsForTypes, SchemaGuards } from './schema-guards.ts'

export interface FieldNeed {
  readonly requirement: ScopeRequirement
  /** Whether a caller is exempt. Default: no caller. */
  readonly isExempt?: (caller: Principal) => boolean
}

/** Returns the requirements of a field that is being resolved, beside those that it declares itself. */
export type FieldNeeds = (args: Arguments, info: GraphQLResolveInfo) => readonly FieldNeed[]

/** @returns `null` if the field has no requirements beside those that it declares */
export function fieldNeeds(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  field: Field,
): FieldNeeds | null {
  const answer = SchemaGuards.of(schema).ofReturnType(field)
  const { payload = [] } = fieldRulesOf(field)
  const possibleTypes = possibleTypesOf(schema, type, field)
  const always = guardsForTypes(answer, null).map((requirement) => ({ requirement }))
  if (always.length === 0 && payload.length === 0 && possibleTypes === null) return null

  return (args, { fieldNodes, fragments, variableValues }) => {
    const types = possibleTypes && narrowedBy(schema, field, possibleTypes, args)
    const needs: FieldNeed[] =
      types === null
        ? [...always]
        : guardsForTypes(answer, types).map((one) => ({ requirement: one }))
    const [node] = fieldNodes
    if (payload.length === 0 || node === undefined) return needs
    const known = new Map(Object.entries(fragments))
    const booleanFor = (name: string) => variableValues[name] as boolean | undefined
    for (const rule of payload) {
      if (rule.appliesTo?.(args) === false) continue
      const { isExempt, requiresScopes: requirement } = rule
      // The nodes of one response name may select different fields of the payload.
      const isSelected = fieldNodes.some(
        (one) => coveredPayloadFields(rule, { field, node: one }, known, booleanFor).length > 0,
      )
      if (!isSelected) continue
      needs.push({
        requirement,
        ...(isExempt && { isExempt: (caller: Principal) => isExempt(args, caller) }),
      })
    }
    return needs
  }
}
