import {
  type GraphQLEnumType,
  type GraphQLInputObjectType,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  valueFromASTUntyped,
} from 'graphql'
import { isWithinOneEdit } from '../one-edit.ts'
import {
  type Declaring,
  declarationFaults,
  declarationOf,
  declarations,
  directiveNames,
  directivesOn,
  guardOf,
} from './guard.ts'

/**
 * The treatment of fields of `Query`, `Mutation` and `Subscription` that declare no requirement. `refuse`: the
 * schema is refused. `public`: everyone may call the fields.
 */
export type Undeclared = 'refuse' | 'public'

/** The fields that every subgraph of a federation has. They need no declaration. */
const federationFields = new Set(['_service', '_entities'])

/** A field of a root type that declares nothing. */
export interface UndeclaredField {
  readonly coordinate: string
  /** Whether the field was written as SDL. */
  readonly isSdl: boolean
}

/** Returns the fields of the root types that declare nothing, except for those of a federation. */
export function undeclaredRootFields(schema: GraphQLSchema): readonly UndeclaredField[] {
  return rootTypes(schema).flatMap((type) =>
    Object.values(type.getFields())
      .filter((field) => !federationFields.has(field.name) && declarationOf(field) === null)
      .map((field) => ({ coordinate: `${type.name}.${field.name}`, isSdl: field.astNode != null })),
  )
}

export function rootTypes(schema: GraphQLSchema): readonly GraphQLObjectType[] {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter(
    (type) => type != null,
  )
}

/**
 * Checks that a schema opens no field by mistake.
 *
 * @throws TypeError that names every root field without a declaration, unless these are `public`, and every
 * directive that is nearly one of the declarations, and every requirement where none has an effect; or that says that
 * two copies of graphql are installed
 */
export function refuseUndeclared(schema: GraphQLSchema, undeclared: Undeclared): void {
  requireSchema(schema)
  if (undeclared !== 'refuse' && undeclared !== 'public') {
    throw new TypeError("`undeclared` must be 'refuse' or 'public'.")
  }
  const faults = [
    ...misspeltDirectives(schema),
    ...renamedImports(schema),
    ...faultyDeclarations(schema),
    ...misplacedRequirements(schema),
    ...(undeclared === 'public' ? [] : uncoveredRootFields(schema)),
  ]
  if (faults.length > 0) throw new TypeError(`The schema is refused.\n${faults.join('\n')}`)
}

/** Two copies of graphql do not recognise each other's objects. */
function requireSchema(schema: unknown): void {
  if (schema instanceof GraphQLSchema) return
  if (Object.prototype.toString.call(schema) !== '[object GraphQLSchema]') {
    throw new TypeError('`schema` must be a GraphQLSchema.')
  }
  throw new TypeError(
    'The schema was made by another copy of the package graphql. `npm ls graphql` shows the copies. Keep one: run `npm dedupe`, or set the version in `overrides` of package.json.',
  )
}

/** A guard on a root type covers all of its fields. */
function uncoveredRootFields(schema: GraphQLSchema): readonly string[] {
  const guarded = rootTypes(schema).filter((type) => guardOf(declarationOf(type)) !== null)
  const covered = new Set(guarded.map((type) => type.name))
  return undeclaredRootFields(schema)
    .filter(({ coordinate }) => !covered.has(coordinate.split('.')[0] ?? ''))
    .map(
      ({ coordinate, isSdl }) =>
        `${coordinate} does not declare who may call it. Write ${isSdl ? onField : inExtensions}; or set undeclared: 'public' to open all fields without a declaration.`,
    )
}

const onField = 'one of @public, @authenticated or @requiresScopes(scopes: [["…"]]) on the field'
const inExtensions =
  'one of { public: true }, { authenticated: true } or { requiresScopes: [["…"]] } as extensions.latchkey of the field'

/** A declaration of a wrong form, which would be ignored or mean something else. */
function faultyDeclarations(schema: GraphQLSchema): readonly string[] {
  return [...elementsOf(schema), ...unguardedElementsOf(schema)].flatMap(
    ({ coordinate, element }) =>
      declarationFaults(element).map((fault) => `extensions.latchkey of ${coordinate} ${fault}.`),
  )
}

/**
 * A directive that is nearly one of the declarations is a mistake, and so is one in another namespace than
 * `federation__`. Beside a declaration, one that the schema defines is a directive of the application.
 */
function misspeltDirectives(schema: GraphQLSchema): readonly string[] {
  return elementsOf(schema).flatMap(({ coordinate, element }) => {
    return directiveNames(element).flatMap((name) => {
      const written = withoutNamespace(name)
      const meant = declarations.find((one) =>
        isWithinOneEdit(written.toLowerCase(), one.toLowerCase()),
      )
      if (meant === undefined || name === meant || name === `federation__${meant}`) return []
      const isBeside = declarationOf(element) !== null && schema.getDirective(name) != null
      if (isBeside && written !== meant) return []
      const fault = `${coordinate} has the directive @${name}, which declares nothing. Write @${meant}.`
      if (written === meant) return [fault]
      return [
        `${fault} If @${name} is a directive of your own, define it, and add a declaration beside it.`,
      ]
    })
  })
}

/** A requirement of an element that no operation returns would never be asked for. */
function misplacedRequirements(schema: GraphQLSchema): readonly string[] {
  return unguardedElementsOf(schema)
    .filter(
      ({ element }) =>
        declarationFaults(element).length === 0 && guardOf(declarationOf(element)) !== null,
    )
    .map(
      ({ coordinate }) =>
        `${coordinate} has a requirement, which has no effect there. Write it on a field, or on the type of a field.`,
    )
}

const federationSpec = /^https:\/\/specs\.apollo\.dev\/(\w+)\//

/**
 * `@link` of a federation may give a directive another name (`as`), by which it is not read. `@link` itself may have
 * another name too.
 */
function renamedImports(schema: GraphQLSchema): readonly string[] {
  return directivesOn(schema).flatMap(({ arguments: given = [] }) => {
    const link = new Map(given.map(({ name, value }) => [name.value, valueFromASTUntyped(value)]))
    const [, spec] = federationSpec.exec(String(link.get('url'))) ?? []
    if (spec === undefined) return []
    const imported = [link.get('import') ?? []].flat() as readonly unknown[]
    const renamed = [
      { name: `@${spec}`, as: link.get('as') && `@${link.get('as')}` },
      ...imported.map((one) => (one ?? {}) as { name?: unknown; as?: unknown }),
    ]
    return renamed.flatMap(({ name, as }) => {
      const meant = declarations.find((declaration) => name === `@${declaration}`)
      const names: unknown[] = [undefined, null, name, `@federation__${meant}`]
      if (meant === undefined || names.includes(as)) return []
      return [
        `@link imports @${meant} as ${as}, which declares nothing. Import it by its own name.`,
      ]
    })
  })
}

function withoutNamespace(name: string): string {
  return declarations.find((one) => name.endsWith(`__${one}`)) ?? name.replace(/^federation__/, '')
}

interface Element {
  readonly coordinate: string
  readonly element: Declaring
}

function elementsOf(schema: GraphQLSchema): readonly Element[] {
  return ownTypes(schema).flatMap((type) => [
    { coordinate: type.name, element: type },
    ...(isObjectType(type) || isInterfaceType(type) ? membersOf(type) : []),
  ])
}

/** The elements on which a requirement has no effect: arguments, input types with their fields, values of enums, the schema. */
function unguardedElementsOf(schema: GraphQLSchema): readonly Element[] {
  const inTypes = ownTypes(schema).flatMap((type): readonly Element[] => {
    if (isEnumType(type)) return membersOf(type)
    if (isInputObjectType(type))
      return [{ coordinate: type.name, element: type }, ...membersOf(type)]
    if (!isObjectType(type) && !isInterfaceType(type)) return []
    return Object.values(type.getFields()).flatMap((field) =>
      field.args.map((argument) => ({
        coordinate: `${type.name}.${field.name}(${argument.name}:)`,
        element: argument,
      })),
    )
  })
  return [{ coordinate: 'The schema', element: schema }, ...inTypes]
}

function ownTypes(schema: GraphQLSchema): readonly GraphQLNamedType[] {
  return Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type))
}

type TypeWithMembers =
  | GraphQLObjectType
  | GraphQLInterfaceType
  | GraphQLInputObjectType
  | GraphQLEnumType

/** Its fields, or the values of an enum. */
function membersOf(type: TypeWithMembers): readonly Element[] {
  const members = isEnumType(type) ? type.getValues() : Object.values(type.getFields())
  return members.map((element) => ({ coordinate: `${type.name}.${element.name}`, element }))
}
