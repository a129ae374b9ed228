import SchemaBuilder from '@pothos/core'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import type { GeneratorValue } from 'fast-check'
import * as fc from 'fast-check'
import {
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  isUnionType,
} from 'graphql'
import {
  type LatchkeyAuthScopes,
  latchkeyPlugin,
  scopeAuthOptions,
} from '../../src/pothos/index.ts'
import type { Principal } from '../../src/principal.ts'
import { both, type ScopeRequirement, sorted } from '../../src/scopes.ts'

/** Generates small schemas and documents for property tests, with every way to reach a field. */

const scopeNames = ['a', 'b', 'c', 'd']
const objectNames = ['T0', 'T1', 'T2', 'T3']
const interfaceNames = ['I0', 'I1']

type Choose = GeneratorValue

function oneOf<T>(g: Choose, items: readonly T[]): T {
  return items[g(fc.nat, { max: items.length - 1 })] as T
}

function chance(g: Choose, percent: number): boolean {
  return g(fc.integer, { min: 0, max: 99 }) < percent
}

interface GuardOptions {
  public?: true
  authenticated?: true
  requiresScopes?: ScopeRequirement
}

function someGuard(g: Choose): GuardOptions {
  if (chance(g, 20)) return { authenticated: true }
  const list = () => g(fc.subarray<string>, scopeNames, { minLength: 1, maxLength: 2 })
  return { requiresScopes: chance(g, 50) ? [list()] : [list(), list()] }
}

function perhapsGuard(g: Choose, percent: number): GuardOptions {
  return chance(g, percent) ? someGuard(g) : {}
}

/** Returns a guard that is at least as strict as `other`. */
function atLeast(g: Choose, other: GuardOptions): GuardOptions {
  if (chance(g, 50)) return other
  if (other.requiresScopes === undefined) return other.authenticated ? someGuard(g) : {}
  return {
    requiresScopes: both(other.requiresScopes, someGuard(g).requiresScopes ?? [[]]),
  }
}

interface Context {
  readonly principal: Principal | null
}

/**
 * Generates four object types, two interfaces that some of them implement and partly redeclare, a union of
 * some, and random guards. Resolvers return values so that every selected field is reached: a field of an
 * abstract type is a list with one value of each type.
 */
export function generateSchema(g: Choose): GraphQLSchema {
  const builder = new SchemaBuilder<{
    Context: Context
    AuthScopes: LatchkeyAuthScopes
    DefaultAuthStrategy: 'all'
  }>({
    plugins: [latchkeyPlugin, ScopeAuthPlugin],
    latchkey: { scopes: Object.fromEntries(scopeNames.map((name) => [name, name])) },
    scopeAuth: scopeAuthOptions((context) => context.principal),
  })

  interface Value {
    readonly type: string
  }
  const resolveType = (value: Value) => value.type
  const interfaces = new Map(
    interfaceNames.map((name) => [name, builder.interfaceRef<Value>(name)] as const),
  )
  const objects = new Map(
    objectNames.map((name) => [name, builder.objectRef<Value>(name)] as const),
  )
  const implementing = new Map(
    objectNames.map((name) => [name, g(fc.subarray<string>, interfaceNames)] as const),
  )
  const memberNames = g(fc.subarray<string>, objectNames, { minLength: 1 })
  const union = builder.unionType('U', {
    types: memberNames.flatMap((name) => objects.get(name) ?? []),
    resolveType,
  })
  const possible = new Map<string, readonly string[]>([
    ['U', memberNames],
    ...interfaceNames.map(
      (name) =>
        [name, objectNames.filter((object) => implementing.get(object)?.includes(name))] as const,
    ),
  ])
  const refs = new Map<string, object>([...objects, ...interfaces, ['U', union]])

  // biome-ignore lint/complexity/noBannedTypes: fields are generated, so their builder cannot be typed
  type Fields = { field: Function; int: Function }
  // biome-ignore lint/complexity/noBannedTypes: as above
  type PickFields = Fields & { arg: { stringList: Function } }

  const number = (t: Fields, guard: GuardOptions) => t.int({ ...guard, resolve: () => 1 })
  const link = (t: Fields, to: string, guard: GuardOptions) => {
    const types = possible.get(to)
    const ref = refs.get(to)
    return types === undefined
      ? t.field({ ...guard, type: ref, resolve: () => ({ type: to }) })
      : t.field({ ...guard, type: [ref], resolve: () => types.map((type) => ({ type })) })
  }

  const declared = new Map<string, GuardOptions>()
  for (const [name, ref] of interfaces) {
    const guard = perhapsGuard(g, 40)
    const to = oneOf(g, [...refs.keys()])
    const linkGuard = perhapsGuard(g, 20)
    declared.set(name, guard)
    ref.implement({
      ...(perhapsGuard(g, 20) as object),
      resolveType,
      fields: (t) =>
        ({
          [`shared${name}`]: number(t as never, guard),
          [`link${name}`]: link(t as never, to, linkGuard),
        }) as never,
    })
  }
  for (const [name, ref] of objects) {
    const parents = implementing.get(name) ?? []
    const redeclared = parents
      .filter(() => chance(g, 50))
      .map((parent) => [`shared${parent}`, atLeast(g, declared.get(parent) ?? {})] as const)
    const own = ['x', 'y'].map((field) => [field, perhapsGuard(g, 35)] as const)
    const links = ['p', 'q'].map(
      (field) => [field, oneOf(g, [...refs.keys()]), perhapsGuard(g, 15)] as const,
    )
    ref.implement({
      ...(perhapsGuard(g, 20) as object),
      interfaces: parents.flatMap((parent) => interfaces.get(parent) ?? []),
      fields: (t) =>
        ({
          ...Object.fromEntries(
            [...own, ...redeclared].map(([field, guard]) => [field, number(t as never, guard)]),
          ),
          ...Object.fromEntries(
            links.map(([field, to, guard]) => [field, link(t as never, to, guard)]),
          ),
        }) as never,
    })
  }
  const roots = [...refs.keys()].map(
    (to) => [to, chance(g, 70) ? { public: true as const } : someGuard(g)] as const,
  )
  const picks = [...possible.keys()].map(
    (to) => [to, chance(g, 80) ? { public: true as const } : someGuard(g)] as const,
  )
  const pick = (t: PickFields, to: string, guard: GuardOptions) =>
    t.field({
      ...guard,
      type: [refs.get(to)],
      args: { types: t.arg.stringList({ required: true }) },
      possibleTypes: typesArgument,
      resolve: (_root: unknown, args: object) => {
        const asked = typesArgument(args)
        return possible
          .get(to)
          ?.flatMap((type) =>
            asked.some((name) => name === type || possible.get(name)?.includes(type))
              ? [{ type }]
              : [],
          )
      },
    })
  builder.queryType({
    fields: (t) =>
      ({
        ...Object.fromEntries(roots.map(([to, guard]) => [`to${to}`, link(t as never, to, guard)])),
        ...Object.fromEntries(
          picks.map(([to, guard]) => [`pick${to}`, pick(t as never, to, guard)]),
        ),
        open: number(t as never, { public: true }),
      }) as never,
  })
  return builder.toSchema()
}

/** `possibleTypes` of the fields `pick…`, which return one value of each requested type. */
export function typesArgument(args: object): readonly string[] {
  return (args as { types: readonly string[] }).types
}

export interface GeneratedOperation {
  readonly source: string
  readonly variables: Record<string, unknown>
}

/** Generates a valid document with fragments of each kind, conditions and variables, and variable values. */
export function generateOperation(g: Choose, schema: GraphQLSchema): GeneratedOperation {
  const fragmentTypes = Array.from({ length: g(fc.nat, { max: 3 }) }, () =>
    oneOf(g, [...objectNames, ...interfaceNames, 'U']),
  )
  let aliases = 0

  const possibleOf = (type: GraphQLNamedType) =>
    isObjectType(type)
      ? [type]
      : isInterfaceType(type) || isUnionType(type)
        ? [...schema.getPossibleTypes(type)]
        : []
  const overlaps = (type: GraphQLNamedType, name: string) => {
    const other = schema.getType(name)
    const types = possibleOf(type)
    return other !== undefined && possibleOf(other).some((candidate) => types.includes(candidate))
  }
  const condition = () => {
    if (chance(g, 75)) return ''
    const operand = oneOf(g, ['true', 'false', '$v0', '$v1', '$v2'])
    return ` @${oneOf(g, ['skip', 'include'])}(if: ${operand})`
  }

  const someTypes = () =>
    chance(g, 50)
      ? '$types'
      : JSON.stringify(g(fc.subarray<string>, [...objectNames, 'I0', 'None']))

  const selectionSet = (type: GraphQLNamedType, depth: number, firstFragment: number): string => {
    const count = g(fc.integer, { min: 1, max: depth > 1 ? 3 : 2 })
    const selections = Array.from({ length: count }, () => selection(type, depth, firstFragment))
    return `{ ${selections.join(' ')} }`
  }

  const selection = (type: GraphQLNamedType, depth: number, firstFragment: number): string => {
    const spreadable = fragmentTypes.flatMap((name, index) =>
      index >= firstFragment && overlaps(type, name) ? [index] : [],
    )
    if (spreadable.length > 0 && chance(g, 25)) {
      return `...F${oneOf(g, spreadable)}${condition()}`
    }
    if (depth > 0 && chance(g, 25)) {
      const conditions = [...objectNames, ...interfaceNames, 'U'].filter((name) =>
        overlaps(type, name),
      )
      if (conditions.length === 0) return '__typename'
      const name = oneOf(g, conditions)
      const narrowed = schema.getType(name)
      if (narrowed === undefined) throw new Error(name)
      return `... on ${name}${condition()} ${selectionSet(narrowed, depth - 1, firstFragment)}`
    }
    const fields =
      isUnionType(type) || !isCompositeType(type) ? [] : Object.values(type.getFields())
    const candidates = fields.filter(({ type: answer }) => depth > 0 || !isComposite(answer))
    if (candidates.length === 0) return '__typename'
    const field = oneOf(g, candidates)
    const answer = getNamedType(field.type)
    const alias = `k${aliases++}`
    const below = isCompositeType(answer) ? selectionSet(answer, depth - 1, firstFragment) : ''
    const types = field.args.length === 0 ? '' : `(types: ${someTypes()})`
    return `${alias}: ${field.name}${types}${condition()} ${below}`
  }

  const query = schema.getQueryType()
  if (!query) throw new Error('no query type')
  const body = selectionSet(query, 3, 0)
  const fragments = fragmentTypes.map((name, index) => {
    const type = schema.getType(name)
    if (type === undefined) throw new Error(name)
    return `fragment F${index} on ${name} ${selectionSet(type, 1, index + 1)}`
  })
  const variables: Record<string, unknown> = {
    v0: g(fc.boolean),
    types: g(fc.subarray<string>, [...objectNames]),
  }
  if (chance(g, 50)) variables.v1 = g(fc.boolean)
  if (chance(g, 50)) variables.v2 = g(fc.boolean)
  const definitions =
    '$types: [String!]!, $v0: Boolean!, $v1: Boolean! = true, $v2: Boolean = false'
  return { source: `query (${definitions}) ${body} ${fragments.join(' ')}`, variables }
}

export function generatePrincipal(g: Choose): Principal | null {
  if (chance(g, 15)) return null
  const carried = g(fc.subarray<string>, scopeNames)
  const scopes = new Set(chance(g, 70) ? carried : g(fc.subarray<string>, carried))
  return {
    issuer: 'https://issuer.example',
    subject: 'ada',
    userId: '0',
    scopes,
    credential: {
      kind: 'JWT',
      id: null,
      name: null,
      issuer: 'https://issuer.example',
      scopes: sorted(carried),
      expiresAt: null,
    },
  }
}

function isComposite(type: Parameters<typeof getNamedType>[0]): boolean {
  return isCompositeType(getNamedType(type))
}
