import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql'
import {
  countElements,
  countSentElements,
  hasVariable,
  lengthOf,
  numberIn,
  type VariableLookup,
  type VariableValue,
} from './count-elements.ts'
import { costRuleOf, type FieldCostRule, type PageSizes } from './field-costs.ts'
import { introspectionField } from './introspection-fields.ts'

/** The variables as sent, before coercion. */
export type SentVariables = Readonly<Record<string, unknown>> | null | undefined

/** The cost of an operation, computed as far as possible before its variables are known. */
export interface OperationCost {
  /** The lowest cost with any variables. */
  readonly minimum: number
  /** Returns the cost with these variables. */
  with(variables: SentVariables): number
}

/** One computation of a cost with variables. */
interface CostRun {
  readonly variable: VariableLookup
  /** The costs of fragments, so that each is computed once however often it is spread. */
  readonly fragments: Map<string, number>
}

/** A number if the cost does not depend on variables. */
type Cost = number | ((run: CostRun) => number)

/**
 * Computes how many fields the response of `operation` can have at most, in time linear in the document. Each
 * field counts its weight, each selection on a page or list as often as that has items, and each element of a
 * list in an argument 1.
 */
export function costOfOperation(
  planner: CostPlanner,
  operation: OperationDefinitionNode,
): OperationCost {
  const cost = planner.operation(operation)
  if (typeof cost === 'number') return { minimum: cost, with: () => cost }
  const total = (variable: VariableLookup) => cost({ variable, fragments: new Map() })
  return {
    minimum: total(unknownVariable),
    with: (variables) => total(variableLookup(operation, variables)),
  }
}

/** An unknown variable counts as a single value. */
const unknownVariable: VariableLookup = () => ({ sent: 1, count: 0 })

/** Counts the value of each variable once, however often it is used. */
function variableLookup(
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: SentVariables,
): VariableLookup {
  const definitions = new Map(variableDefinitions.map((one) => [one.variable.name.value, one]))
  const known = new Map<string, VariableValue>()
  return (name) => {
    let value = known.get(name)
    if (value === undefined) {
      const defaultValue = definitions.get(name)?.defaultValue
      const isSent = variables && Object.hasOwn(variables, name)
      const sent = isSent ? variables[name] : defaultValue && valueFromASTUntyped(defaultValue)
      value = { sent, count: countSentElements(sent) }
      known.set(name, value)
    }
    return value
  }
}

/** Computes the costs of one document. Fragments that its operations share are visited once. */
export class CostPlanner {
  /** The number of selections that were visited. */
  steps = 0
  readonly #schema: GraphQLSchema
  readonly #pages: PageSizes
  readonly #definitions = new Map<string, FragmentDefinitionNode>()
  readonly #fragments = new Map<string, Cost>()
  readonly #rules = new Map<GraphQLField<unknown, unknown>, FieldCostRule>()

  constructor(schema: GraphQLSchema, document: DocumentNode, pages: PageSizes) {
    this.#schema = schema
    this.#pages = pages
    for (const node of document.definitions) {
      if (node.kind === Kind.FRAGMENT_DEFINITION) this.#definitions.set(node.name.value, node)
    }
  }

  operation({ operation, selectionSet }: OperationDefinitionNode): Cost {
    return this.#selections(selectionSet, this.#schema.getRootType(operation) ?? undefined)
  }

  #selections(set: SelectionSetNode, type: GraphQLNamedType | undefined): Cost {
    const costs = set.selections.map((node): Cost => {
      this.steps += 1
      if (node.kind === Kind.FIELD) return this.#field(node, type)
      if (node.kind === Kind.FRAGMENT_SPREAD) return this.#fragment(node.name.value)
      const condition = node.typeCondition?.name.value
      const inner = condition === undefined ? type : this.#schema.getType(condition)
      return this.#selections(node.selectionSet, inner)
    })
    return sumOf(costs)
  }

  #fragment(name: string): Cost {
    const known = this.#fragments.get(name)
    if (known !== undefined) return known
    // Other rules refuse a fragment that spreads itself.
    this.#fragments.set(name, 0)
    const fragment = this.#definitions.get(name)
    if (fragment === undefined) return 0
    const type = this.#schema.getType(fragment.typeCondition.name.value)
    const cost = this.#selections(fragment.selectionSet, type)
    const once =
      typeof cost === 'number'
        ? cost
        : (run: CostRun) => {
            let sum = run.fragments.get(name)
            if (sum === undefined) {
              sum = cost(run)
              run.fragments.set(name, sum)
            }
            return sum
          }
    this.#fragments.set(name, once)
    return once
  }

  #rule(typeName: string, field: GraphQLField<unknown, unknown>): FieldCostRule {
    let rule = this.#rules.get(field)
    if (rule === undefined) {
      rule = costRuleOf(this.#schema, typeName, field, this.#pages)
      this.#rules.set(field, rule)
    }
    return rule
  }

  #field(node: FieldNode, parent: GraphQLNamedType | undefined): Cost {
    const fields = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields() : {}
    const definition = fields[node.name.value] ?? introspectionField(node.name.value)
    if (parent === undefined || definition === undefined) return 1
    const rule = this.#rule(parent.name, definition)
    const values = sumOf((node.arguments ?? []).map(({ value }) => costOfValue(value)))
    const below =
      node.selectionSet === undefined
        ? 0
        : this.#selections(node.selectionSet, getNamedType(definition.type))
    const each = sumOf([rule.weight, below])
    return sumOf([values, product(each, sizeOf(rule, node.arguments ?? []))])
  }
}

function costOfValue(value: ValueNode): Cost {
  if (!hasVariable(value)) return countElements(value, unknownVariable)
  return ({ variable }) => countElements(value, variable)
}

/** The length of the returned list; an object counts as 1. */
function sizeOf(rule: FieldCostRule, given: readonly ArgumentNode[]): Cost {
  const valuesOf = (names: readonly string[]) =>
    given.filter(({ name }) => names.includes(name.value)).map(({ value }) => value)
  const pages = valuesOf(rule.pageArguments)
  const lists = valuesOf(rule.listArguments)
  const size = (variable: VariableLookup): number => {
    const asked = pages.map((value) => numberIn(value, variable))
    const listed = lists.map((value) => lengthOf(value, variable))
    return Math.max(0, ...asked, ...listed) || rule.listSize
  }
  return [...pages, ...lists].some(hasVariable)
    ? ({ variable }) => size(variable)
    : size(unknownVariable)
}

function sumOf(costs: readonly Cost[]): Cost {
  let known = 0
  const others: ((run: CostRun) => number)[] = []
  for (const cost of costs) {
    if (typeof cost === 'number') known += cost
    else others.push(cost)
  }
  if (others.length === 0) return known
  return (run) => others.reduce((sum, cost) => sum + cost(run), known)
}

function product(a: Cost, b: Cost): Cost {
  if (typeof a === 'number' && typeof b === 'number') return a * b
  const [one, other] = [asFunction(a), asFunction(b)]
  return (run) => one(run) * other(run)
}

function asFunction(cost: Cost): (run: CostRun) => number {
  return typeof cost === 'number' ? () => cost : cost
}
