import { type FieldNode, type FragmentDefinitionNode, Kind, parse } from 'graphql'
import { expect, it } from 'vitest'
import { selectedFields } from '../../src/schema/selection.ts'

/** Each fragment spreads the next twice: 2^40 fields when written out. */
const doubling = `{ make { ...F0 made { name } } } ${Array.from(
  { length: 40 },
  (_, n) => `fragment F${n} on Payload { ...F${n + 1} ...F${n + 1} }`,
).join(' ')} fragment F40 on Payload { made { ...G ... { ...G } } } fragment G on Made { id }`

it('goes through each fragment once', () => {
  const { definitions } = parse(doubling)
  const fragments: Record<string, FragmentDefinitionNode> = {}
  const fieldNodes: FieldNode[] = []
  for (const node of definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments[node.name.value] = node
    if (node.kind === Kind.OPERATION_DEFINITION) {
      fieldNodes.push(...(node.selectionSet.selections as readonly FieldNode[]))
    }
  }
  const names = selectedFields({ fieldNodes, fragments, variableValues: {} }, 'made')
  expect([...names].sort()).toEqual(['id', 'name'])
})
