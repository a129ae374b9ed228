import { Kind, type OperationDefinitionNode, parse, type SelectionNode } from 'graphql'
import { describe, expect, it } from 'vitest'
import { booleanFor, conditionsOf, conditionVariables } from '../../src/decision/condition.ts'

function operation(source: string): OperationDefinitionNode {
  const [definition] = parse(source).definitions
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('no operation')
  return definition
}

function selection(directives: string): SelectionNode {
  const [node] = operation(`{ a ${directives} }`).selectionSet.selections
  if (node === undefined) throw new Error('no selection')
  return node
}

describe('the conditions of a selection', () => {
  it.each([
    ['', []],
    ['@other(if: $a)', []],
    ['@skip(if: $a)', [{ variable: 'a', value: false }]],
    ['@include(if: $a)', [{ variable: 'a', value: true }]],
    [
      '@include(if: $a) @skip(if: $b)',
      [
        { variable: 'b', value: false },
        { variable: 'a', value: true },
      ],
    ],
    ['@skip(if: false) @include(if: true)', []],
    ['@skip(if: true)', null],
    ['@include(if: false)', null],
    ['@include(if: $a) @skip(if: true)', null],
    // Validation refuses these, so they allow no conclusion.
    ['@skip', []],
    ['@skip(unless: true)', []],
    ['@skip(if: "true")', []],
    ['@include(if: 0)', []],
    ['@skip(unless: true, if: $a)', [{ variable: 'a', value: false }]],
  ])('of %j', (directives, conditions) => {
    expect(conditionsOf(selection(directives))).toEqual(conditions)
  })

  it('do not exist on a node that was created without directives', () => {
    const { directives: _none, ...bare } = selection('')
    expect(conditionsOf(bare as SelectionNode)).toEqual([])
    const [directive] = selection('@skip(if: true)').directives ?? []
    if (directive === undefined) throw new Error('no directive')
    const { arguments: _gone, ...withoutArguments } = directive
    expect(
      conditionsOf({ ...bare, directives: [withoutArguments] } as unknown as SelectionNode),
    ).toEqual([])
  })
})

describe('the variables of conditions', () => {
  it('include those that are true by default', () => {
    const source = 'query ($a: Boolean = true, $b: Boolean = false, $c: Boolean, $d: Int = 1) { a }'
    expect(conditionVariables(['d', 'c', 'b', 'a', 'e'], operation(source))).toEqual([
      { name: 'd', defaultValue: undefined },
      { name: 'c', defaultValue: undefined },
      { name: 'b', defaultValue: false },
      { name: 'a', defaultValue: true },
      { name: 'e', defaultValue: undefined },
    ])
    const { variableDefinitions: _none, ...bare } = operation('{ a }')
    expect(conditionVariables(['a'], bare as OperationDefinitionNode)).toEqual([
      { name: 'a', defaultValue: undefined },
    ])
  })

  it.each<[unknown, boolean | undefined]>([
    [{ a: true }, true],
    [{ a: false }, false],
    [{}, true],
    [{ a: undefined }, true],
    [null, true],
    [undefined, true],
    ['any', undefined],
    [{ a: null }, undefined],
    [{ a: 'false' }, undefined],
    [{ a: 0 }, undefined],
    [Object.create({ a: false }), true],
  ])('are, with %j sent and true as the default, %s', (variables, value) => {
    const variable = { name: 'a', defaultValue: true }
    expect(booleanFor(variable, variables as Record<string, unknown>)).toBe(value)
  })
})
