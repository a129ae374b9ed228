import { type ArgumentNode, type FieldNode, Kind, type ValueNode } from 'graphql'

const cached = new WeakMap<FieldNode, string>()

/** Returns a text that is equal for equal arguments, whatever the order of arguments and object fields. */
export function canonicalArguments(field: FieldNode): string {
  const { arguments: given } = field
  if (given === undefined || given.length === 0) return ''
  let text = cached.get(field)
  if (text === undefined) {
    text = JSON.stringify(byName(given))
    cached.set(field, text)
  }
  return text
}

function byName(given: readonly Pick<ArgumentNode, 'name' | 'value'>[]): unknown[] {
  return given
    .map(({ name, value }) => [name.value, canonical(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

function canonical(value: ValueNode): unknown {
  switch (value.kind) {
    case Kind.VARIABLE:
      return [value.kind, value.name.value]
    case Kind.OBJECT:
      return [value.kind, byName(value.fields)]
    case Kind.LIST:
      return [value.kind, value.values.map(canonical)]
    case Kind.NULL:
      return [value.kind]
    case Kind.STRING:
      // graphql-js distinguishes block strings from other strings.
      return [value.kind, value.value, value.block === true]
    default:
      return [value.kind, value.value]
  }
}
