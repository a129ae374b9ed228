import {
  type DefinitionNode,
  type DirectiveDefinitionNode,
  type DirectiveNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  type NameNode,
  parse,
  print,
} from 'graphql'

/**
 * Returns the parts of `target` that are missing from `actual`, both SDL: types, fields, arguments,
 * exact types, defaults, interfaces, members, enum values, directives with their arguments, and
 * definitions of directives. `actual` may have more parts, but none that breaks a caller of `target`: a
 * further argument or input field must be optional. Returns one line for each difference, and an empty
 * list if there is none.
 */
export function containsSdl(actual: string, target: string): string[] {
  const present = byIdentity(parse(actual).definitions)
  return [...byIdentity(parse(target).definitions)].flatMap(([identity, wanted]) => {
    const found = present.get(identity)
    return found === undefined ? [`${identity} is missing`] : compare(identity, found, wanted)
  })
}

/** A definition and its extensions under one name. */
interface Group {
  readonly nodes: readonly DefinitionNode[]
}

function byIdentity(definitions: readonly DefinitionNode[]): Map<string, Group> {
  const groups = new Map<string, DefinitionNode[]>()
  for (const node of definitions) {
    const name = 'name' in node ? (node.name?.value ?? '') : ''
    const kind = node.kind.replace(/(Definition|Extension)$/, '').replace('Type', ' ')
    const identity = node.kind === Kind.DIRECTIVE_DEFINITION ? `directive @${name}` : kind + name
    groups.set(identity, [...(groups.get(identity) ?? []), node])
  }
  return new Map([...groups].map(([identity, nodes]) => [identity, { nodes }]))
}

function compare(identity: string, actual: Group, target: Group): string[] {
  const name = identity.split(' ').at(-1) ?? identity
  return [
    ...missing(`${identity}: directive`, directives(actual), directives(target)),
    ...missing(`${identity}: interface`, named(actual, 'interfaces'), named(target, 'interfaces')),
    ...missing(`${identity}: member`, named(actual, 'types'), named(target, 'types')),
    ...missing(`${identity}: value`, named(actual, 'values'), named(target, 'values')),
    ...compareFields(name, members(actual, 'fields'), members(target, 'fields')),
    ...compareDirectiveDefinitions(identity, actual, target),
  ]
}

type Member = FieldDefinitionNode | InputValueDefinitionNode

function compareFields(owner: string, actual: readonly Member[], target: readonly Member[]) {
  const found = new Map(actual.map((member) => [member.name.value, member]))
  const faults = target.flatMap((wanted) => {
    const coordinate = `${owner}.${wanted.name.value}`
    const member = found.get(wanted.name.value)
    return member === undefined
      ? [`${coordinate} is missing`]
      : compareField(coordinate, member, wanted)
  })
  return [...faults, ...furtherRequired(owner, actual, target)]
}

function compareField(coordinate: string, actual: Member, target: Member): string[] {
  const argumentsOf = (node: Member) => ('arguments' in node ? (node.arguments ?? []) : [])
  return [
    ...differs(`${coordinate}: type`, print(actual.type), print(target.type)),
    ...differs(`${coordinate}: default`, defaultOf(actual), defaultOf(target)),
    ...missing(
      `${coordinate}: directive`,
      (actual.directives ?? []).map(printSorted),
      (target.directives ?? []).map(printSorted),
    ),
    ...compareFields(coordinate, argumentsOf(actual), argumentsOf(target)),
  ]
}

function compareDirectiveDefinitions(identity: string, actual: Group, target: Group): string[] {
  const [found] = actual.nodes
  const [wanted] = target.nodes
  if (found?.kind !== Kind.DIRECTIVE_DEFINITION || wanted?.kind !== Kind.DIRECTIVE_DEFINITION) {
    return []
  }
  const locations = (node: DirectiveDefinitionNode) => node.locations.map(({ value }) => value)
  return [
    ...missing(`${identity}: location`, locations(found), locations(wanted)),
    ...differs(`${identity}: repeatable`, String(found.repeatable), String(wanted.repeatable)),
    ...compareFields(identity, found.arguments ?? [], wanted.arguments ?? []),
  ]
}

function furtherRequired(owner: string, actual: readonly Member[], target: readonly Member[]) {
  const known = new Set(target.map(({ name }) => name.value))
  return actual
    .filter(
      (member) => member.kind === Kind.INPUT_VALUE_DEFINITION && !known.has(member.name.value),
    )
    .filter((member) => member.type.kind === Kind.NON_NULL_TYPE && defaultOf(member) === 'none')
    .map((member) => `${owner}.${member.name.value} is required and not in the target`)
}

function defaultOf(node: Member): string {
  return 'defaultValue' in node && node.defaultValue ? print(node.defaultValue) : 'none'
}

function directives({ nodes }: Group): readonly string[] {
  return nodes.flatMap((node) =>
    ('directives' in node ? (node.directives ?? []) : []).flatMap((directive) =>
      directive.name.value === 'link' ? imports(directive) : [printSorted(directive)],
    ),
  )
}

/** `@link` matches if it imports at least the same elements of the same specification. */
function imports(link: DirectiveNode): readonly string[] {
  const argument = (name: string) => link.arguments?.find((node) => node.name.value === name)?.value
  const url = argument('url')
  const imported = argument('import')
  const items = imported?.kind === Kind.LIST ? imported.values.map((value) => print(value)) : []
  return items.map((item) => `@link of ${item} from ${url ? print(url) : ''}`)
}

function printSorted(directive: DirectiveNode): string {
  const given = (directive.arguments ?? []).toSorted((a, b) =>
    a.name.value < b.name.value ? -1 : 1,
  )
  return print({ ...directive, arguments: given })
}

function members({ nodes }: Group, key: 'fields'): readonly Member[] {
  return nodes.flatMap((node) => (node as { [key]?: readonly Member[] })[key] ?? [])
}

interface Named {
  readonly name: NameNode
}

function named({ nodes }: Group, key: 'interfaces' | 'types' | 'values'): readonly string[] {
  return nodes
    .flatMap((node) => (node as { [name in typeof key]?: readonly Named[] })[key] ?? [])
    .map(({ name }) => name.value)
}

function missing(what: string, actual: readonly string[], target: readonly string[]): string[] {
  return target.filter((item) => !actual.includes(item)).map((item) => `${what} ${item} is missing`)
}

function differs(what: string, actual: string, target: string): string[] {
  return actual === target ? [] : [`${what} is ${actual}, not ${target}`]
}
