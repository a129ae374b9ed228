import { AuthScopeFailureType, type ForbiddenResult } from '@pothos/plugin-scope-auth'
import {
  defaultFieldResolver,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isObjectType,
} from 'graphql'
import { type FieldNeeds, fieldNeeds } from '../decision/field-needs.ts'
import type { Field } from '../decision/field-rules.ts'
import { checkReturnedTypes } from '../decision/returned-types.ts'
import { UnauthenticatedError } from '../errors.ts'
import { type ScopeRequirement, satisfies } from '../scopes.ts'
import { principalReader } from './scope-auth.ts'

type Resolver = GraphQLFieldResolver<unknown, object>
type Scopes = { latchkey?: (requirement: ScopeRequirement) => boolean | Promise<boolean> }

/** The parts of the builder's `scopeAuth` options that the checks use. */
export interface ScopeAuthParts {
  readonly authScopes?: (context: object) => Scopes | Promise<Scopes>
  readonly unauthorizedError?: (
    parent: object,
    context: object,
    info: GraphQLResolveInfo,
    result: ForbiddenResult,
  ) => Error | string
}

/**
 * Adds checks that run before a field is resolved: the guards of the types that it may return, which scope-auth
 * checks only at the fields of such a type, and the rules of payloads. Replaces the resolvers of the fields
 * concerned.
 */
export function addFieldChecks(schema: GraphQLSchema, scopeAuth: ScopeAuthParts): void {
  checkReturnedTypes(schema)
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue
    for (const field of Object.values(type.getFields())) {
      const needs = fieldNeeds(schema, type, field)
      if (needs !== null) guard(schema, type, field, needs, scopeAuth)
    }
  }
}

function guard(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  field: Field,
  needs: FieldNeeds,
  scopeAuth: ScopeAuthParts,
): void {
  const checked = (resolver: Resolver): Resolver => {
    return (parent, args, context, info) => {
      const proceed = () => resolver(parent, args, context, info)
      const refuse = (requirement: ScopeRequirement): never => {
        throw refusalBy(scopeAuth, requirement, parent, context, info)
      }
      return runIfMet(needs(args, info), context, scopeAuth, proceed, refuse)
    }
  }
  if (type === schema.getSubscriptionType()) {
    if (field.subscribe) field.subscribe = checked(field.subscribe as Resolver) as never
  } else {
    field.resolve = checked((field.resolve ?? defaultFieldResolver) as Resolver) as never
  }
}

type NeededRequirements = ReturnType<FieldNeeds>

/** Runs `proceed` if all requirements are met. Synchronous unless the application's own `authScopes` decide. */
function runIfMet(
  requirements: NeededRequirements,
  context: object,
  { authScopes }: ScopeAuthParts,
  proceed: () => unknown,
  refuse: (requirement: ScopeRequirement) => never,
): unknown {
  const principalOf = principalReader(authScopes)
  if (principalOf !== undefined) {
    const principal = principalOf(context)
    for (const { requirement, isExempt } of requirements) {
      if (principal !== null && satisfies(requirement, principal.scopes)) continue
      if (principal !== null && isExempt?.(principal)) continue
      refuse(requirement)
    }
    return proceed()
  }
  return (async () => {
    const scopes = requirements.length > 0 ? await authScopes?.(context) : undefined
    for (const { requirement } of requirements) {
      if ((await scopes?.latchkey?.(requirement)) !== true) refuse(requirement)
    }
    return proceed()
  })()
}

function refusalBy(
  { unauthorizedError }: ScopeAuthParts,
  parameter: ScopeRequirement,
  parent: unknown,
  context: object,
  info: GraphQLResolveInfo,
): Error {
  const message = `Not authorized to resolve ${info.parentType.name}.${info.fieldName}`
  const kind = AuthScopeFailureType.AuthScope
  const failure = { kind, scope: 'latchkey', parameter, error: null } as const
  const error = unauthorizedError?.(parent as object, context, info, { message, failure })
  if (error === undefined) return new UnauthenticatedError(message)
  return typeof error === 'string' ? new Error(error) : error
}
