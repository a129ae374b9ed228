import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getArgumentValues,
  type OperationDefinitionNode,
} from 'graphql'
import type { Principal } from '../principal.ts'
import { guardsOfArguments, mayPassGuardedValue } from './argument-guards.ts'
import type { Variables } from './condition.ts'
import {
  type Arguments,
  type Field,
  fieldRulesOf,
  narrowedTypes,
  type PayloadRule,
  type PossibleTypes,
  possibleTypesOf,
} from './field-rules.ts'
import {
  type Guards,
  guardsForTypes,
  type ReturnTypeGuards,
  SchemaGuards,
} from './schema-guards.ts'

/** The values of one request on which the guard of a field may depend. */
export interface RequestValues {
  /** The variables as sent, or coerced if `areCoerced`. */
  readonly variables: Variables
  /** The coerced variables; `null` if they are unknown or not valid. */
  readonly coerced: Arguments | null
  readonly areCoerced: boolean
}

/** The guard of a field with the values of one request. */
export interface ResolvedGuard {
  /** A key for caches, the same for equal guards; `null`: the result must not be cached. */
  readonly key: string | null
  readonly guards: Guards
  /** The object types that the field may return; `null`: all types of its return type. */
  readonly types: ReadonlySet<string> | null
  /** The payload rules of the field that apply to its arguments. */
  readonly payload: readonly AppliedRule[]
}

export interface AppliedRule {
  readonly rule: PayloadRule
  /** Whether a caller is exempt. Default: no caller is exempt. */
  readonly isExempt?: (caller: Principal) => boolean
}

/**
 * The part of a field's guard that depends on its arguments: the types to which they narrow the return type,
 * the guarded scalars and enums in them, and the owner of the value that a payload shows.
 */
export class DynamicGuard {
  readonly field: Field
  readonly node: FieldNode
  readonly payload: readonly PayloadRule[]
  readonly #schema: GraphQLSchema
  readonly #operation: OperationDefinitionNode
  readonly #returnType: ReturnTypeGuards
  readonly #possibleTypes: PossibleTypes | null
  readonly #passesGuardedValue: boolean

  constructor(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    parent: GraphQLObjectType,
    field: Field,
    node: FieldNode,
  ) {
    this.field = field
    this.node = node
    this.payload = fieldRulesOf(field).payload ?? []
    this.#schema = schema
    this.#operation = operation
    this.#returnType = SchemaGuards.of(schema).ofReturnType(field)
    this.#possibleTypes = possibleTypesOf(schema, parent, field)
    this.#passesGuardedValue = mayPassGuardedValue(field, node)
  }

  /** Whether the guard of the field depends on arguments at all. */
  get exists(): boolean {
    return this.narrows || this.#passesGuardedValue || this.payload.length > 0
  }

  get narrows(): boolean {
    return this.#possibleTypes !== null
  }

  evaluate({ variables, coerced, areCoerced }: RequestValues): ResolvedGuard {
    const types =
      this.#possibleTypes &&
      narrowedTypes(this.#schema, this.field, this.#possibleTypes, this.node, coerced)
    const argumentGuards = this.#passesGuardedValue
      ? guardsOfArguments(this.field, this.node, this.#operation, { variables, areCoerced })
      : []
    const returnTypeGuards = this.narrows ? guardsForTypes(this.#returnType, types) : []
    const names = types === null ? null : [...types].sort()
    return {
      key: this.payload.length === 0 ? JSON.stringify([names, argumentGuards]) : null,
      guards: [...returnTypeGuards, ...argumentGuards],
      types,
      payload: this.#appliedRules(coerced),
    }
  }

  #appliedRules(coerced: Arguments | null): readonly AppliedRule[] {
    const all = this.payload.map((rule) => ({ rule }))
    const isSame = this.payload.every((rule) => !(rule.isExempt || rule.appliesTo))
    if (coerced === null || isSame) return all
    let args: Arguments
    try {
      args = getArgumentValues(this.field, this.node, coerced)
    } catch {
      // Execution refuses these arguments, so the field does not run.
      return all
    }
    return this.payload
      .filter(({ appliesTo }) => appliesTo?.(args) !== false)
      .map((rule) => {
        const { isExempt } = rule
        return { rule, ...(isExempt && { isExempt: (caller) => isExempt(args, caller) }) }
      })
  }
}
