import {
  GraphQLError,
  type GraphQLNamedType,
  type GraphQLOutputType,
  getNamedType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type OperationDefinitionNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql'
import { canonicalArguments } from './canonical-arguments.ts'
import { FieldSets, type SelectedField, type SelectionsOnType } from './field-sets.ts'
import { introspectionField } from './introspection-fields.ts'
import { limitError } from './limit-error.ts'

/** The most fields that may be compared. A field counts once in each merged selection that contains it. */
const maximumSteps = 10_000

/**
 * The comparison of fields with one response name: only the shape of their results, or everything that must
 * be equal if they have a common parent type.
 */
type Comparison = 'shape' | 'all'

/**
 * Replaces the rule of graphql-js with the same name (GraphQL §5.3.2), which compares each field with each
 * other in quadratic time. This rule groups the fields by response name, compares each field with one of its
 * group, and merges and compares their selections in the same way. The algorithm is Simon Adameit's, as in
 * Sangria (https://github.com/sangria-graphql/sangria/pull/458).
 *
 * With object and abstract parent types in one selection, the number of merged selections can grow faster than
 * the document. The rule refuses such a document after a fixed number of steps.
 */
export const overlappingFieldsRule: ValidationRule = (context) => {
  const check = new OverlapCheck(context)
  return {
    OperationDefinition(operation) {
      const error = check.run(operation)
      if (error !== null) context.reportError(error)
      return false
    },
  }
}

interface Merged {
  readonly selections: readonly SelectionsOnType[]
  readonly comparison: Comparison
}

/** Checks one document. Selections that its operations share are compared and counted once. */
export class OverlapCheck {
  /** The number of fields that were compared. */
  steps = 0
  readonly #context: ValidationContext
  readonly #sets: FieldSets
  readonly #seen = new Set<string>()
  #queue: Merged[] = []

  constructor(context: ValidationContext) {
    this.#context = context
    this.#sets = new FieldSets(context)
  }

  /** Returns the first conflict, or the error for too many steps; `null` if all fields can be merged. */
  run(operation: OperationDefinitionNode): GraphQLError | null {
    const type = this.#context.getSchema().getRootType(operation.operation)
    const root = this.#sets.selections(operation.selectionSet, type ?? undefined)
    this.#queue = []
    this.#enqueue([root], 'all')
    // The list grows during the loop. Without recursion, depth cannot exhaust the stack.
    for (const next of this.#queue) {
      for (const [responseName, fields] of this.#sets.merge(next.selections)) {
        this.steps += fields.length
        if (this.steps > maximumSteps) return tooManySteps(operation)
        const conflict = this.#compare(fields, next.comparison)
        if (conflict !== null) return conflictError(responseName, conflict)
      }
    }
    return null
  }

  /** Returns the first conflict of fields with one response name. Adds their selections to the queue. */
  #compare(fields: readonly SelectedField[], comparison: Comparison): Conflict | null {
    const groups = comparison === 'all' ? byCommonParent(fields) : []
    for (const group of groups) {
      const conflict = conflictIn(group, conflictOfFields)
      if (conflict !== null) return conflict
      if (groups.length > 1) this.steps += group.length
      this.#enqueue(this.#below(group), 'all')
    }
    // The comparison 'all' includes the comparison of shapes.
    if (groups.length !== 1) this.#enqueue(this.#below(fields), 'shape')
    return conflictIn(fields, conflictOfShapes)
  }

  #below(fields: readonly SelectedField[]): SelectionsOnType[] {
    const below: SelectionsOnType[] = []
    for (const { node, definition } of fields) {
      if (node.selectionSet === undefined) continue
      const type = getNamedType((definition ?? introspectionField(node.name.value))?.type)
      below.push(this.#sets.selections(node.selectionSet, type))
    }
    return below
  }

  #enqueue(selections: readonly SelectionsOnType[], comparison: Comparison) {
    if (selections.length === 0) return
    const key = `${comparison} ${selections.map(({ id }) => id).join(' ')}`
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    this.#queue.push({ selections, comparison })
  }
}

/**
 * Returns groups of fields that may be resolved on the same object: the fields of each object type, together
 * with the fields of interfaces and unions.
 */
function byCommonParent(fields: readonly SelectedField[]): readonly (readonly SelectedField[])[] {
  const onObjects = new Map<GraphQLNamedType, SelectedField[]>()
  const onOthers: SelectedField[] = []
  for (const field of fields) {
    const { parentType } = field
    if (!isObjectType(parentType)) onOthers.push(field)
    else {
      const group = onObjects.get(parentType)
      if (group === undefined) onObjects.set(parentType, [field])
      else group.push(field)
    }
  }
  if (onObjects.size <= 1) return [fields]
  return [...onObjects.values()].map((group) => [...group, ...onOthers])
}

interface Conflict {
  readonly reason: string
  readonly fields: readonly [SelectedField, SelectedField]
}

/** Equality is transitive, so one field represents all before it. */
function conflictIn(
  fields: readonly SelectedField[],
  reasonOf: (a: SelectedField, b: SelectedField) => string | null,
): Conflict | null {
  // Fields that do not exist have no type to compare; other rules report them.
  const known = fields.find(({ definition }) => definition !== undefined) ?? fields[0]
  if (known === undefined) return null
  for (const field of fields) {
    if (field === known) continue
    const reason = reasonOf(known, field)
    if (reason !== null) return { reason, fields: [known, field] }
  }
  return null
}

function conflictOfShapes(a: SelectedField, b: SelectedField): string | null {
  const [one, other] = [a.definition?.type, b.definition?.type]
  if (one === undefined || other === undefined || haveSameShape(one, other)) return null
  return `they return conflicting types "${one}" and "${other}"`
}

function conflictOfFields({ node: a }: SelectedField, { node: b }: SelectedField): string | null {
  if (a.name.value !== b.name.value) {
    return `"${shortened(a.name.value)}" and "${shortened(b.name.value)}" are different fields`
  }
  return canonicalArguments(a) === canonicalArguments(b) ? null : 'they have differing arguments'
}

/**
 * Objects, interfaces and unions have the same shape, because the selections on them are compared
 * separately.
 */
function haveSameShape(a: GraphQLOutputType, b: GraphQLOutputType): boolean {
  if (a === b) return true
  if (isListType(a) || isListType(b)) {
    return isListType(a) && isListType(b) && haveSameShape(a.ofType, b.ofType)
  }
  if (isNonNullType(a) || isNonNullType(b)) {
    return isNonNullType(a) && isNonNullType(b) && haveSameShape(a.ofType, b.ofType)
  }
  return !isLeafType(a) && !isLeafType(b)
}

function conflictError(responseName: string, { reason, fields }: Conflict): GraphQLError {
  return new GraphQLError(
    `Fields "${shortened(responseName)}" conflict because ${reason}. Use different aliases on the fields to fetch both if this was intentional.`,
    { nodes: fields.map(({ node }) => node) },
  )
}

function tooManySteps(operation: OperationDefinitionNode): GraphQLError {
  return limitError(
    'overlaps',
    maximumSteps,
    'The operation selects the same fields in too many ways. Select each field once.',
    operation,
  )
}

function shortened(name: string): string {
  return name.length > 200 ? `${name.slice(0, 200)}…` : name
}
