import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
  Kind,
  type NamedTypeNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import {
  type Condition,
  type ConditionVariable,
  conditionsOf,
  conditionVariables,
} from './condition.ts'
import { DynamicGuard } from './dynamic-guard.ts'
import type { Field } from './field-rules.ts'
import { type Fragments, responseName } from './payload-fields.ts'
import { checkReturnedTypes } from './returned-types.ts'
import { distinct, type Guards, SchemaGuards, typeGuards } from './schema-guards.ts'

/**
 * All paths through an operation that lead to a guarded field.
 *
 * A selection set is visited once for each object type to which it may apply. So type conditions are exact, a
 * fragment costs the same however often it is spread, and the work grows with the document and not with the
 * expansion of its fragments.
 */
export interface Plan {
  readonly operation: OperationDefinitionNode
  /** `null` if no field of the operation is guarded. */
  readonly root: Selections | null
  readonly fragments: Fragments
  /** The variables that decide whether a guarded field is reached. */
  readonly variables: readonly ConditionVariable[]
  /** Fields whose guard depends on their arguments. */
  readonly dynamicGuards: readonly DynamicGuard[]
  /** The number of selections that were visited. */
  readonly steps: number
}

/** The guarded paths of a selection set on one object type. */
export interface Selections {
  readonly type: { readonly name: string }
  readonly branches: readonly Branch[]
}

export interface Branch {
  readonly conditions: readonly Condition[]
  /** `null` for a fragment, which has no response name. */
  readonly field: ReachedField | null
  readonly below: readonly Selections[]
}

export interface ReachedField {
  readonly coordinate: string
  readonly responseName: string
  /** The guards that do not depend on the values of the request. */
  readonly guards: Guards
  /** The guard that depends on the values of the request; `null` if there is none. */
  readonly dynamicGuard: DynamicGuard | null
}

interface DraftBranch extends Branch {
  readonly below: readonly Draft[]
}

interface Draft extends Selections {
  readonly set: SelectionSetNode
  readonly type: GraphQLObjectType
  branches: readonly DraftBranch[]
  guarded: boolean
  readonly parents: Draft[]
}

/** Plans an operation. The document must be valid against the schema. */
export function planOperation(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: Fragments,
): Plan {
  const planner = new Planner(schema, operation, fragments)
  const type = schema.getRootType(operation.operation)
  const root = type ? planner.plan(operation.selectionSet, type) : undefined
  const variables = new Set<string>()
  const dynamicGuards = new Set<DynamicGuard>()
  for (const { branches } of planner.guarded()) {
    for (const { conditions, field } of branches) {
      for (const { variable } of conditions) variables.add(variable)
      if (field?.dynamicGuard) dynamicGuards.add(field.dynamicGuard)
    }
  }
  if ([...dynamicGuards].some(({ narrows }) => narrows)) checkReturnedTypes(schema)
  return {
    operation,
    root: root?.guarded ? root : null,
    fragments,
    variables: conditionVariables(variables, operation),
    dynamicGuards: [...dynamicGuards],
    steps: planner.steps,
  }
}

class Planner {
  steps = 0
  readonly #fragments: Fragments
  readonly #schema: GraphQLSchema
  readonly #operation: OperationDefinitionNode
  readonly #guards: SchemaGuards
  readonly #drafts = new Map<SelectionSetNode, Map<GraphQLObjectType, Draft>>()
  readonly #order: Draft[] = []

  constructor(schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments) {
    this.#schema = schema
    this.#operation = operation
    this.#fragments = fragments
    this.#guards = SchemaGuards.of(schema)
  }

  plan(set: SelectionSetNode, type: GraphQLObjectType): Draft {
    const root = this.#draft(set, type)
    // The list grows during the loop. Without recursion, depth cannot exhaust the stack.
    for (const draft of this.#order) draft.branches = this.#branchesOf(draft)
    this.#markGuarded()
    for (const draft of this.guarded())
      draft.branches = draft.branches.flatMap(withoutUnguardedBranches)
    return root
  }

  guarded(): readonly Draft[] {
    return this.#order.filter((draft) => draft.guarded)
  }

  #draft(set: SelectionSetNode, type: GraphQLObjectType): Draft {
    let ofSet = this.#drafts.get(set)
    if (ofSet === undefined) {
      ofSet = new Map()
      this.#drafts.set(set, ofSet)
    }
    let draft = ofSet.get(type)
    if (draft === undefined) {
      draft = { set, type, branches: [], guarded: false, parents: [] }
      ofSet.set(type, draft)
      this.#order.push(draft)
    }
    return draft
  }

  #branchesOf(draft: Draft): readonly DraftBranch[] {
    const branches: DraftBranch[] = []
    for (const selection of draft.set.selections) {
      this.steps += 1
      const conditions = conditionsOf(selection)
      if (conditions === null) continue
      if (selection.kind === Kind.FIELD) {
        const reached = this.#fieldOf(draft, selection)
        if (reached !== null) branches.push({ conditions, ...reached })
        continue
      }
      const fragment =
        selection.kind === Kind.FRAGMENT_SPREAD
          ? this.#fragments.get(selection.name.value)
          : selection
      if (fragment !== undefined && this.#applies(fragment.typeCondition, draft.type)) {
        const below = this.#below(draft, fragment.selectionSet, [draft.type])
        branches.push({ conditions, field: null, below })
      }
    }
    return branches
  }

  #fieldOf(draft: Draft, node: FieldNode): Pick<DraftBranch, 'field' | 'below'> | null {
    const field = draft.type.getFields()[node.name.value]
    if (field === undefined) return this.#typeNameOf(draft.type, node)
    const returnType = getNamedType(field.type)
    const types = isObjectType(returnType)
      ? [returnType]
      : isAbstractType(returnType)
        ? this.#schema.getPossibleTypes(returnType)
        : []
    return {
      field: this.#reachedField(draft.type, field, node),
      below: node.selectionSet === undefined ? [] : this.#below(draft, node.selectionSet, types),
    }
  }

  #reachedField(type: GraphQLObjectType, field: Field, node: FieldNode): ReachedField {
    const dynamicGuard = new DynamicGuard(this.#schema, this.#operation, type, field, node)
    const returnTypeGuards = dynamicGuard.narrows
      ? this.#guards.ofReturnType(field).always
      : this.#guards.ofAnyReturnType(field)
    return {
      coordinate: `${type.name}.${field.name}`,
      responseName: responseName(node),
      guards: distinct([...this.#guards.ofField(type, field), ...returnTypeGuards]),
      dynamicGuard: dynamicGuard.exists ? dynamicGuard : null,
    }
  }

  /**
   * Introspection fields belong to no type and have no guard. `__typename` has none either, because the field
   * that returns the type has the guard of the type. No field returns a root type, so there it is checked here.
   */
  #typeNameOf(
    type: GraphQLObjectType,
    node: FieldNode,
  ): Pick<DraftBranch, 'field' | 'below'> | null {
    const root = this.#schema.getRootType(this.#operation.operation)
    if (node.name.value !== '__typename' || type !== root) return null
    const guards = typeGuards(type)
    if (guards.length === 0) return null
    const coordinate = `${type.name}.__typename`
    return {
      field: { coordinate, responseName: responseName(node), guards, dynamicGuard: null },
      below: [],
    }
  }

  #below(parent: Draft, set: SelectionSetNode, types: readonly GraphQLObjectType[]) {
    return types.map((type) => {
      const draft = this.#draft(set, type)
      draft.parents.push(parent)
      return draft
    })
  }

  #applies(condition: NamedTypeNode | undefined, type: GraphQLObjectType): boolean {
    if (condition === undefined) return true
    const named = this.#schema.getType(condition.name.value)
    return named === type || (isAbstractType(named) && this.#schema.isSubType(named, type))
  }

  #markGuarded(): void {
    const marked = this.#order.filter(({ branches }) =>
      branches.some(({ field }) => mayBeGuarded(field)),
    )
    for (const draft of marked) draft.guarded = true
    for (const draft of marked) {
      for (const parent of draft.parents) {
        if (parent.guarded) continue
        parent.guarded = true
        marked.push(parent)
      }
    }
  }
}

function withoutUnguardedBranches(branch: DraftBranch): readonly DraftBranch[] {
  const below = branch.below.filter(({ guarded }) => guarded)
  return below.length > 0 || mayBeGuarded(branch.field) ? [{ ...branch, below }] : []
}

function mayBeGuarded(field: ReachedField | null): boolean {
  return field !== null && (field.guards.length > 0 || field.dynamicGuard !== null)
}
