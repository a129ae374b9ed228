import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  getNamedType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql'
import { conditionsOf } from './condition.ts'
import type { Field, PayloadRule } from './field-rules.ts'

export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>
export type BooleanFor = (variable: string) => boolean | undefined

/** A selected field of a payload that requires further scopes. */
export interface PayloadField {
  readonly coordinate: string
  /** The path below the field that returns the payload, by response names. */
  readonly path: readonly string[]
}

/** Returns the selected fields of a payload that a rule covers, each with one path. */
export function coveredPayloadFields(
  { paths, covers }: PayloadRule,
  { field, node }: { readonly field: Field; readonly node: FieldNode },
  fragments: Fragments,
  booleanFor: BooleanFor,
): readonly PayloadField[] {
  return paths.flatMap((names) => {
    let values: readonly Value[] = [{ type: getNamedType(field.type), nodes: [node], path: [] }]
    for (const name of names) {
      values = values.flatMap((value) => below(value, name, fragments, booleanFor))
    }
    return values.flatMap(({ type, nodes, path }) =>
      selectedFields(nodes, fragments, booleanFor)
        .filter(({ name }) => name.value !== '__typename' && covers(name.value))
        .map((one) => ({
          coordinate: `${type.name}.${one.name.value}`,
          path: [...path, responseName(one)],
        })),
    )
  })
}

interface Value {
  readonly type: GraphQLNamedType
  readonly nodes: readonly FieldNode[]
  readonly path: readonly string[]
}

/** The objects that a field returns, one for each response name. */
function below(
  { type, nodes, path }: Value,
  name: string,
  fragments: Fragments,
  booleanFor: BooleanFor,
): readonly Value[] {
  const field = isObjectType(type) ? type.getFields()[name] : undefined
  if (field === undefined) return []
  const byResponseName = new Map<string, FieldNode[]>()
  for (const one of selectedFields(nodes, fragments, booleanFor)) {
    if (one.name.value !== name) continue
    const known = byResponseName.get(responseName(one))
    if (known === undefined) byResponseName.set(responseName(one), [one])
    else known.push(one)
  }
  return [...byResponseName].map(([response, ofName]) => ({
    type: getNamedType(field.type),
    nodes: ofName,
    path: [...path, response],
  }))
}

/** The fields that are selected below `nodes`, in fragments too. Each fragment is visited once. */
function selectedFields(
  nodes: readonly FieldNode[],
  fragments: Fragments,
  booleanFor: BooleanFor,
): readonly FieldNode[] {
  const found: FieldNode[] = []
  const sets = nodes.map(({ selectionSet }) => selectionSet).filter((set) => set !== undefined)
  const visited = new Set<SelectionSetNode>()
  for (let set = sets.pop(); set !== undefined; set = sets.pop()) {
    if (visited.has(set)) continue
    visited.add(set)
    for (const selection of set.selections) {
      const conditions = conditionsOf(selection)
      if (conditions === null) continue
      if (conditions.some(({ variable, value }) => booleanFor(variable) === !value)) continue
      if (selection.kind === Kind.FIELD) found.push(selection)
      else if (selection.kind === Kind.INLINE_FRAGMENT) sets.push(selection.selectionSet)
      else {
        const fragment = fragments.get(selection.name.value)
        if (fragment !== undefined) sets.push(fragment.selectionSet)
      }
    }
  }
  return found
}

export function responseName({ alias, name }: FieldNode): string {
  return alias?.value ?? name.value
}
