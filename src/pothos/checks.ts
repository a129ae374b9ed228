import {
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
} from 'graphql'
import { declarations } from '../decision/coordinates.ts'
import { fieldRulesOf } from '../decision/field-rules.ts'
import { bothGuards, declarationOf, type Guard, guardOf, isAtLeast } from '../decision/guard.ts'
import type { FieldOwner } from '../decision/schema-guards.ts'
import { undeclaredRootFields } from '../decision/undeclared.ts'
import { isScopeName, type ScopeCatalogue } from '../scopes.ts'

/** Returns the faults in the declarations of a built schema. Each names the coordinate and the correction. */
export function faultsIn(schema: GraphQLSchema, catalogue: ScopeCatalogue): readonly string[] {
  return [
    ...invalidScopeNames(catalogue),
    ...undeclaredFields(schema),
    ...unknownScopes(schema, catalogue),
    ...Object.values(schema.getTypeMap())
      .filter((type) => isObjectType(type) || isInterfaceType(type))
      .flatMap((type) => [
        ...typeGuardBypasses(type),
        ...weakerGuards(type),
        ...misplacedPossibleTypes(schema, type),
      ]),
  ]
}

function invalidScopeNames(catalogue: ScopeCatalogue): readonly string[] {
  return [...catalogue.keys()]
    .filter((name) => !isScopeName(name))
    .map(
      (name) =>
        `${JSON.stringify(name)} is not a valid scope name. Write 1 to 128 visible ASCII characters without space, quotation mark or backslash (RFC 6749 §3.3).`,
    )
}

function undeclaredFields(schema: GraphQLSchema): readonly string[] {
  return undeclaredRootFields(schema).map(
    ({ coordinate }) =>
      `${coordinate} does not declare who may call it. Write one of public: true, authenticated: true or requiresScopes.`,
  )
}

function unknownScopes(schema: GraphQLSchema, catalogue: ScopeCatalogue): readonly string[] {
  return [...declarations(schema)].flatMap(({ coordinate, declaration }) =>
    [...new Set(declaration.requiresScopes?.flat())]
      .filter((scope) => !catalogue.has(scope))
      .map(
        (scope) =>
          `${coordinate} requires the scope ${JSON.stringify(scope)}, which the catalogue does not have. Write one of ${[...catalogue.keys()].join(', ')}, or add it to the plugin's scopes.`,
      ),
  )
}

/**
 * Returns a fault for each option that exempts a field from the guard of its type or interface, which must
 * hold for every field.
 */
function typeGuardBypasses(type: FieldOwner): readonly string[] {
  const guarding = [type, ...type.getInterfaces()].find(
    (element) => guardOf(declarationOf(element)) !== null,
  )
  if (guarding === undefined) return []
  const advice = `but the guard on ${guarding.name} protects all of its fields. Leave it out, or declare guards on the single fields of ${guarding.name}.`
  return [
    ...['skipInterfaceScopes', 'runScopesOnType']
      .filter((name) => isSet(type, name))
      .map((name) => `${type.name} sets ${name}, ${advice}`),
    ...Object.values(type.getFields()).flatMap((field) =>
      ['public', 'skipTypeScopes', 'skipInterfaceScopes']
        .filter((name) => isSet(field, name))
        .map((name) => `${type.name}.${field.name} sets ${name}, ${advice}`),
    ),
  ]
}

/** `possibleTypes` is allowed where arguments choose between types and the check precedes any effect. */
function misplacedPossibleTypes(schema: GraphQLSchema, type: FieldOwner): readonly string[] {
  const acts = type === schema.getMutationType() || type === schema.getSubscriptionType()
  return Object.values(type.getFields())
    .filter((field) => fieldRulesOf(field).possibleTypes !== undefined)
    .flatMap((field) => {
      const coordinate = `${type.name}.${field.name}`
      if (typeof fieldRulesOf(field).possibleTypes !== 'function') {
        return [
          `${coordinate} sets possibleTypes to a value that is not a function of its arguments.`,
        ]
      }
      if (acts)
        return [`${coordinate} sets possibleTypes, which counts in queries only. Leave it out.`]
      if (isAbstractType(getNamedType(field.type))) return []
      return [
        `${coordinate} sets possibleTypes, but returns neither an interface nor a union. Leave it out.`,
      ]
    })
}

function isSet(element: { extensions: object }, option: string): boolean {
  const { pothosOptions } = element.extensions as { pothosOptions?: Record<string, unknown> }
  return pothosOptions?.[option] === true
}

/** A type that redeclares a field of its interface does not inherit the field's guard. */
function weakerGuards(type: FieldOwner): readonly string[] {
  return type.getInterfaces().flatMap((parent) =>
    Object.values(parent.getFields()).flatMap((field) => {
      const needed = checkedGuard(parent, field.name)
      const own = checkedGuard(type, field.name)
      if (isAtLeast(own, needed)) return []
      return [
        `${type.name}.${field.name} has a weaker guard than ${parent.name}.${field.name}, which it implements. Write ${optionFor(needed)} on ${type.name}.${field.name}, or a stricter guard.`,
      ]
    }),
  )
}

/** The guard that scope-auth checks at the field. It leaves out the declarations of the interface's field. */
function checkedGuard(type: FieldOwner, fieldName: string): Guard {
  return [type.getFields()[fieldName], type, ...type.getInterfaces()]
    .map((element) => (element === undefined ? null : guardOf(declarationOf(element))))
    .reduce(bothGuards, null)
}

function optionFor(guard: Guard): string {
  if (guard === null) return 'public: true'
  if (guard.every((list) => list.length === 0)) return 'authenticated: true'
  return `requiresScopes: ${JSON.stringify(guard)}`
}
