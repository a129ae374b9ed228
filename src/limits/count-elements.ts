import { Kind, type ValueNode } from 'graphql'

/** What is known of a variable's value. */
export interface VariableValue {
  /** As it was sent, before coercion; `undefined`: nothing was. */
  readonly sent: unknown
  /** How many elements its lists have, at any depth. */
  readonly count: number
}

export type VariableLookup = (name: string) => VariableValue

/** How many elements the lists in a value of a document have, at any depth. */
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

/** Members of one object at most, in a value that is sent. */
const maxMembers = 1_000

/** The same of a value that was sent; infinite where an object has too many members. Without recursion: JSON may be nested deeper than the stack is. */
export function countSentElements(value: unknown): number {
  const queue = [value]
  let count = 0
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (typeof next !== 'object' || next === null) continue
    const values: readonly unknown[] = Array.isArray(next) ? next : Object.values(next)
    if (Array.isArray(next)) count += values.length
    // Each error about such an object prints all of it; metadata of 4 KB has fewer members.
    else if (values.length > maxMembers) return Number.POSITIVE_INFINITY
    for (const inner of values) {
      if (typeof inner === 'object' && inner !== null) queue.push(inner)
    }
  }
  return count
}

/** The length of a list; 1 for a single value, which is coerced to a list of it; 0 for nothing. */
export function lengthOf(value: ValueNode, variable: VariableLookup): number {
  if (value.kind === Kind.VARIABLE) {
    const { sent } = variable(value.name.value)
    return Array.isArray(sent) ? sent.length : sent == null ? 0 : 1
  }
  if (value.kind === Kind.LIST) return value.values.length
  return value.kind === Kind.NULL ? 0 : 1
}

/** 0 for `null`, and for what is no number, which execution refuses. */
export function numberIn(value: ValueNode, variable: VariableLookup): number {
  if (value.kind === Kind.INT) return Number(value.value)
  const sent = value.kind === Kind.VARIABLE ? variable(value.name.value).sent : 0
  return typeof sent === 'number' ? sent : 0
}

/** Whether `value` is a variable or has one in it. */
export function hasVariable(value: ValueNode): boolean {
  if (value.kind === Kind.LIST) return value.values.some(hasVariable)
  if (value.kind === Kind.OBJECT) return value.fields.some((field) => hasVariable(field.value))
  return value.kind === Kind.VARIABLE
}
