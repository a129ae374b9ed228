import {
  type FieldNode,
  type GraphQLField,
  type GraphQLNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql'

/** A field in a selection set. */
export interface SelectedField {
  readonly node: FieldNode
  /** `undefined` if the document names a type that does not exist. */
  readonly parentType: GraphQLNamedType | undefined
  /** `undefined` if the type has no such field, and for `__typename`. */
  readonly definition: GraphQLField<unknown, unknown> | undefined
}

/** A selection set on its parent type, including the fields of inline fragments. */
export interface SelectionsOnType {
  /** Identifies the selection set within one document. */
  readonly id: number
  readonly fields: readonly SelectedField[]
  /** The names of the fragments that the selection set spreads. */
  readonly spreads: readonly string[]
}

/** Collects the fields of the selection sets of a document. Reads each set once. */
export class FieldSets {
  readonly #context: ValidationContext
  readonly #selections = new Map<SelectionSetNode, SelectionsOnType>()
  readonly #fragments = new Map<string, SelectionsOnType | null>()

  constructor(context: ValidationContext) {
    this.#context = context
  }

  selections(set: SelectionSetNode, type: GraphQLNamedType | undefined): SelectionsOnType {
    let known = this.#selections.get(set)
    if (known === undefined) {
      const fields: SelectedField[] = []
      const spreads = new Set<string>()
      this.#collect(set, type, fields, spreads)
      known = { id: this.#selections.size, fields, spreads: [...spreads] }
      this.#selections.set(set, known)
    }
    return known
  }

  /** Returns all fields of `selections` and of the fragments that they spread, once each, by response name. */
  merge(selections: readonly SelectionsOnType[]): ReadonlyMap<string, readonly SelectedField[]> {
    const merged = new Map<string, SelectedField[]>()
    const spread = new Set<string>()
    // The set grows during the loop.
    const queue = new Set(selections)
    for (const next of queue) {
      for (const field of next.fields) {
        const name = field.node.alias?.value ?? field.node.name.value
        const group = merged.get(name)
        if (group === undefined) merged.set(name, [field])
        else group.push(field)
      }
      for (const name of next.spreads) {
        if (spread.has(name)) continue
        spread.add(name)
        const fragment = this.#fragment(name)
        if (fragment !== null) queue.add(fragment)
      }
    }
    return merged
  }

  #fragment(name: string): SelectionsOnType | null {
    let known = this.#fragments.get(name)
    if (known === undefined) {
      const fragment = this.#context.getFragment(name)
      const type = fragment && this.#context.getSchema().getType(fragment.typeCondition.name.value)
      known = fragment ? this.selections(fragment.selectionSet, type ?? undefined) : null
      this.#fragments.set(name, known)
    }
    return known
  }

  #collect(
    set: SelectionSetNode,
    type: GraphQLNamedType | undefined,
    fields: SelectedField[],
    spreads: Set<string>,
  ): void {
    const known = isObjectType(type) || isInterfaceType(type) ? type.getFields() : {}
    for (const node of set.selections) {
      if (node.kind === Kind.FIELD) {
        fields.push({ node, parentType: type, definition: known[node.name.value] })
      } else if (node.kind === Kind.FRAGMENT_SPREAD) {
        spreads.add(node.name.value)
      } else {
        const condition = node.typeCondition?.name.value
        const inner = condition === undefined ? type : this.#context.getSchema().getType(condition)
        this.#collect(node.selectionSet, inner, fields, spreads)
      }
    }
  }
}
