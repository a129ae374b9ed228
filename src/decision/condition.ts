import { type DirectiveNode, Kind, type OperationDefinitionNode, type SelectionNode } from 'graphql'

/** A condition of `@skip` or `@include`: the selection is reached only if `variable` is `value`. */
export interface Condition {
  readonly variable: string
  readonly value: boolean
}

/** The values of the variables as sent, before coercion; `'any'`: any values are possible. */
export type Variables = Readonly<Record<string, unknown>> | null | undefined | 'any'

/** The conditions under which `selection` is reached; `null` if it is never reached. */
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

/** A variable of a condition, with its default if that is a boolean. */
export interface ConditionVariable {
  readonly name: string
  readonly defaultValue: boolean | undefined
}

/** The variables with these names, in their order, with their defaults in `operation`. */
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

/** The value of the variable; `undefined` if it is unknown, or not a boolean, which execution refuses. */
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
