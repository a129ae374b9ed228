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

/** A field where it is selected. */
export interface SelectedField {
  readonly node: FieldNode
  /** `undefined` where the document names a type that does not exist. */
  readonly parentType: GraphQLNamedType | undefined
  /** `undefined` where the type has no such field, or it is `__typename`. */
  readonly definition: GraphQLField<unknown, unknown> | undefined
}

/** A selection set on the type that it is selected of, inline fragments taken in. */
export interface SelectionsOnType {
  /** Of this selection set, within one document. */
  readonly id: number
  readonly fields: readonly SelectedField[]
  /** Names of the fragments that are spread. */
  readonly spreads: readonly string[]
}

/** The fields of a document's selection sets, each read once. */
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

  /** All fields of `selections` and of the fragments that they spread, once each, by response name. */
  merge(selections: readonly SelectionsOnType[]): ReadonlyMap<string, readonly SelectedField[]> {
    const merged = new Map<string, SelectedField[]>()
    const spread = new Set<string>()
    // Grows while it is walked.
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
