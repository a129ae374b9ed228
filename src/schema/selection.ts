import {
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLIncludeDirective,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  getDirectiveValues,
  type SelectionNode,
} from 'graphql'

/**
 * The names of the fields that are selected on the field `path` below the field that is resolved, whatever
 * their aliases (GraphQL §6.3.2).
 */
export function selectedFields(
  info: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments' | 'variableValues'>,
  path: string,
): ReadonlySet<string> {
  const names = new Set<string>()
  const below = (selections: readonly SelectionNode[]) =>
    fieldsOf(selections, info.fragments, info.variableValues, new Set())
  for (const node of info.fieldNodes) {
    for (const field of below(node.selectionSet?.selections ?? [])) {
      if (field.name.value !== path) continue
      for (const { name } of below(field.selectionSet?.selections ?? [])) names.add(name.value)
    }
  }
  return names
}

/** @param seen fragments that were visited; spreading one again adds no field */
function fieldsOf(
  selections: readonly SelectionNode[],
  fragments: Readonly<Record<string, FragmentDefinitionNode>>,
  variables: Readonly<Record<string, unknown>>,
  seen: Set<string>,
): readonly FieldNode[] {
  return selections.flatMap((node): readonly FieldNode[] => {
    const skip = getDirectiveValues(GraphQLSkipDirective, node, variables)?.if
    const include = getDirectiveValues(GraphQLIncludeDirective, node, variables)?.if
    if (skip === true || include === false) return []
    if (node.kind === 'Field') return [node]
    if (node.kind === 'FragmentSpread') {
      if (seen.has(node.name.value)) return []
      seen.add(node.name.value)
    }
    const of = node.kind === 'InlineFragment' ? node : fragments[node.name.value]
    return fieldsOf(of?.selectionSet.selections ?? [], fragments, variables, seen)
  })
}
