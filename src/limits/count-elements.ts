import { Kind, type ValueNode } from 'graphql'

/** The value of a variable, as far as it is known. */
export interface VariableValue {
  /** The value as sent, before coercion; `undefined` if none was sent. */
  readonly sent: unknown
  /** The number of list elements in the value, at any depth. */
  readonly count: number
}

export type VariableLookup = (name: string) => VariableValue

/** Counts the list elements in a value of a document, at any depth. */
export function countElements(value: ValueNode, variable: VariableLookup): number {
  switch (value.kind) {
    case Kind.VARIABLE:
      return variable(value.name.value).count
    case Kind.LIST:
      return value.values.reduce((sum, one) => sum + 1 + countElements(one, variable), 0)
    case Kind.OBJECT:
      return value.fields.reduce((sum, one) => sum + countElements(one.value, variable), 0)
    default:
      return 0
  }
}

/** The most members that one object in a sent value may have. */
const maxMembers = 1_000

/**
 * Counts the list elements in a sent value. Infinite if an object has too many members. Uses no recursion,
 * because JSON may be nested deeper than the stack allows.
 */
export function countSentElements(value: unknown): number {
  const queue = [value]
  let count = 0
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (typeof next !== 'object' || next === null) continue
    const values: readonly unknown[] = Array.isArray(next) ? next : Object.values(next)
    if (Array.isArray(next)) count += values.length
    // An error about such an object prints all of it. Metadata of 4 KB has fewer members.
    else if (values.length > maxMembers) return Number.POSITIVE_INFINITY
    for (const inner of values) {
      if (typeof inner === 'object' && inner !== null) queue.push(inner)
    }
  }
  return count
}

/** The length of a list; 1 for a single value, which is coerced to a list; 0 for null or no value. */
export function lengthOf(value: ValueNode, variable: VariableLookup): number {
  if (value.kind === Kind.VARIABLE) {
    const { sent } = variable(value.name.value)
    return Array.isArray(sent) ? sent.length : sent == null ? 0 : 1
  }
  if (value.kind === Kind.LIST) return value.values.length
  return value.kind === Kind.NULL ? 0 : 1
}

/** The number in a value; 0 for `null` and for other values, which execution refuses. */
export function numberIn(value: ValueNode, variable: VariableLookup): number {
  if (value.kind === Kind.INT) return Number(value.value)
  const sent = value.kind === Kind.VARIABLE ? variable(value.name.value).sent : 0
  return typeof sent === 'number' ? sent : 0
}

/** Whether `value` is or contains a variable. */
export function hasVariable(value: ValueNode): boolean {
  if (value.kind === Kind.LIST) return value.values.some(hasVariable)
  if (value.kind === Kind.OBJECT) return value.fields.some((field) => hasVariable(field.value))
  return value.kind === Kind.VARIABLE
}
