import {
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql'
import { conditionsOf } from './condition.ts'
import type { Field, PayloadRule } from './field-rules.ts'

export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>
export type BooleanFor = (variable: string) => boolean | undefined

/** A field by which a payload tells what takes further scopes. */
export interface ToldField {
  readonly coordinate: string
  /** Below the field that answers with the payload, by response names. */
  readonly path: readonly string[]
}

/** The fields selected of a payload that its rule does not leave open, each with one path. */
export function toldBeyond(
  { fields, open }: PayloadRule,
  { field, node }: { readonly field: Field; readonly node: FieldNode },
  fragments: Fragments,
  booleanFor: BooleanFor,
): readonly ToldField[] {
  const payload = getNamedType(field.type)
  if (!isObjectType(payload)) return []
  const below = selectedFields([node.selectionSet], fragments, booleanFor)
  if (fields === null) return toldBy(payload.name, [], below, open)
  return fields.flatMap((name) => {
    const value = payload.getFields()[name]
    if (value === undefined) return []
    const type = getNamedType(value.type).name
    return below
      .filter((one) => one.name.value === name)
      .flatMap((one) =>
        toldBy(
          type,
          [responseName(one)],
          selectedFields([one.selectionSet], fragments, booleanFor),
          open,
        ),
      )
  })
}

function toldBy(
  type: string,
  above: readonly string[],
  fields: readonly FieldNode[],
  open: ReadonlySet<string>,
): readonly ToldField[] {
  return fields
    .filter(({ name }) => name.value !== '__typename' && !open.has(name.value))
    .map((one) => ({
      coordinate: `${type}.${one.name.value}`,
      path: [...above, responseName(one)],
    }))
}

/** The fields of selection sets, through fragments; each fragment is walked once. */
function selectedFields(
  sets: (SelectionSetNode | undefined)[],
  fragments: Fragments,
  booleanFor: BooleanFor,
): readonly FieldNode[] {
  const found: FieldNode[] = []
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
