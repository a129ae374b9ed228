import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
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
 * Every way through an operation that leads to something guarded.
 *
 * A selection set is looked at once for each object type that it may meet, so type conditions are
 * exact, a fragment spread many times costs once, and the work grows with the document and not with
 * what its fragments would expand to.
 */
export interface Plan {
  readonly operation: OperationDefinitionNode
  /** `null` when nothing of it is guarded. */
  readonly root: Selections | null
  readonly fragments: Fragments
  /** The variables that decide whether something guarded is reached. */
  readonly variables: readonly ConditionVariable[]
  /** Fields whose guard depends on their arguments. */
  readonly dynamicGuards: readonly DynamicGuard[]
  /** How many selections were looked at. */
  readonly steps: number
}

/** What a selection set reaches on one object type. */
export interface Selections {
  readonly type: { readonly name: string }
  readonly branches: readonly Branch[]
}

export interface Branch {
  readonly conditions: readonly Condition[]
  /** `null` for a fragment, which answers under no name of its own. */
  readonly field: ReachedField | null
  readonly below: readonly Selections[]
}

export interface ReachedField {
  readonly coordinate: string
  readonly responseName: string
  /** What it takes whatever the request's values are. */
  readonly guards: Guards
  /** What depends on them; `null`: nothing. */
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

/** The document must be valid against the schema. */
export function planOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Plan {
  const planner = new Planner(schema, document, operation)
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
    fragments: planner.fragments,
    variables: conditionVariables(variables, operation),
    dynamicGuards: [...dynamicGuards],
    steps: planner.steps,
  }
}

class Planner {
  steps = 0
  readonly fragments = new Map<string, FragmentDefinitionNode>()
  readonly #schema: GraphQLSchema
  readonly #operation: OperationDefinitionNode
  readonly #guards: SchemaGuards
  readonly #drafts = new Map<SelectionSetNode, Map<GraphQLObjectType, Draft>>()
  readonly #order: Draft[] = []

  constructor(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) {
    this.#schema = schema
    this.#operation = operation
    this.#guards = SchemaGuards.of(schema)
    for (const node of document.definitions) {
      if (node.kind === Kind.FRAGMENT_DEFINITION) this.fragments.set(node.name.value, node)
    }
  }

  plan(set: SelectionSetNode, type: GraphQLObjectType): Draft {
    const root = this.#draft(set, type)
    // The list grows while it is walked: no recursion, so depth cannot exhaust the stack.
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
          ? this.fragments.get(selection.name.value)
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
   * Introspection fields are of no type and are free. So is the name of a type, since the field that
   * answers with the type has its guard; no field answers with a root type.
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
