import { type DirectiveNode, Kind, type OperationDefinitionNode, type SelectionNode } from 'graphql'

/** A selection is reached only while `variable` is `value`, as `@skip` and `@include` have it. */
export interface Condition {
  readonly variable: string
  readonly value: boolean
}

/** Values that a request sent for the variables, before coercion; `'any'`: whatever may be sent. */
export type Variables = Readonly<Record<string, unknown>> | null | undefined | 'any'

/** The conditions under which `selection` is reached; `null` when it never is. */
export function conditionsOf(selection: SelectionNode): readonly Condition[] | null {
  const conditions: Condition[] = []
  for (const [name, value] of [
    ['skip', false],
    ['include', true],
  ] as const) {
    const operand = operandOf(selection.directives?.find((node) => node.name.value === name))
    if (operand === undefined) continue
    if (operand.kind === Kind.VARIABLE) {
      conditions.push({ variable: operand.name.value, value })
    } else if (operand.kind === Kind.BOOLEAN && operand.value !== value) {
      return null
    }
  }
  return conditions
}

/** A variable that conditions name, with its default where that is a boolean. */
export interface ConditionVariable {
  readonly name: string
  readonly defaultValue: boolean | undefined
}

/** Those of `names` in their order, with the defaults that `operation` gives them. */
export function conditionVariables(
  names: Iterable<string>,
  operation: OperationDefinitionNode,
): readonly ConditionVariable[] {
  const defaults = new Map(
    operation.variableDefinitions?.map(({ variable, defaultValue }) => [
      variable.name.value,
      defaultValue?.kind === Kind.BOOLEAN ? defaultValue.value : undefined,
    ]),
  )
  return [...names].map((name) => ({ name, defaultValue: defaults.get(name) }))
}

/** `undefined`: execution would refuse what was sent, so nothing may be concluded from it. */
export function booleanFor(
  { name, defaultValue }: ConditionVariable,
  variables: Variables,
): boolean | undefined {
  if (variables === 'any') return undefined
  const sent = variables && Object.hasOwn(variables, name) ? variables[name] : undefined
  if (sent === undefined) return defaultValue
  return typeof sent === 'boolean' ? sent : undefined
}

function operandOf(directive: DirectiveNode | undefined) {
  return directive?.arguments?.find(({ name }) => name.value === 'if')?.value
}
