import type { Principal } from '../principal.ts'
import { both, minimal, type ScopeRequirement } from '../scopes.ts'
import type { AppliedRule, DynamicGuard, ResolvedGuard } from './dynamic-guard.ts'
import { anyCredential } from './guard.ts'
import { type BooleanFor, coveredPayloadFields, type PayloadField } from './payload-fields.ts'
import type { Plan, ReachedField, Selections } from './plan.ts'

/** Requirements that must all be met. */
export interface Needs {
  /** Without duplicates. */
  readonly requirements: readonly ScopeRequirement[]
  /** Further requirements, from which some callers are exempt. */
  readonly exemptible?: readonly ExemptibleRequirement[]
}

/** The requirements of an operation with given variables. `requirements` is empty if no field is guarded. */
export interface Evaluation extends Needs {
  /**
   * All requirements combined into one, without alternatives that contain another: any one inner list
   * suffices. `[[]]` if no scope is required. Lists at most 64 alternatives, the shortest; if more exist,
   * alternatives that are not listed suffice too.
   */
  readonly scopes: ScopeRequirement
  /** Whether the operation requires a credential, with or without scopes. */
  readonly authenticated: boolean
  readonly fields: readonly GuardedField[]
}

export interface ExemptibleRequirement {
  readonly requirement: ScopeRequirement
  readonly isExempt: (caller: Principal) => boolean
}

export interface GuardedField {
  /** The schema coordinate on the object type, such as `User.email`. */
  readonly coordinate: string
  /** The requirements of the field combined into one, as in `Evaluation.scopes`. */
  readonly requirement: ScopeRequirement
  /**
   * The exact requirements, if `requirement` is not exact: some callers are exempt, or there are too many
   * alternatives.
   */
  readonly needs?: Needs
  /** The paths of the field in the response, by response names and without list indices; at most 20. */
  readonly paths: readonly (readonly string[])[]
}

const maximumAlternatives = 64
const maximumPaths = 20
/** The total number of repeated visits to fragments that only find more paths. */
const maximumRevisits = 1000

export const nothingGuarded: Evaluation = {
  requirements: [],
  scopes: anyCredential,
  authenticated: false,
  fields: [],
}

interface PathNode {
  readonly name: string
  readonly above: PathNode | null
}

/** A guarded field that is reached. One coordinate has several entries if its guard depends on arguments. */
interface FieldEntry {
  readonly coordinate: string
  readonly requirements: Map<string, ScopeRequirement>
  readonly exemptible: ExemptibleRequirement[]
  readonly paths: Map<string, readonly string[]>
}

/**
 * @param booleanFor returns the value of a variable; `undefined` if it may be true or false
 * @param resolvedGuards the guards that depend on the values of the request
 */
export function evaluatePlan(
  plan: Plan,
  booleanFor: BooleanFor,
  resolvedGuards: ReadonlyMap<DynamicGuard, ResolvedGuard>,
): Evaluation {
  if (plan.root === null) return nothingGuarded
  const entries = new Map<string, FieldEntry>()
  const visited = new Set<Selections>()
  let revisits = 0
  const queue: { selections: Selections; pathNode: PathNode | null }[] = [
    { selections: plan.root, pathNode: null },
  ]
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (visited.has(next.selections)) {
      revisits += 1
      if (revisits > maximumRevisits) continue
    }
    visited.add(next.selections)
    for (const { conditions, field, below } of next.selections.branches) {
      if (conditions.some(({ variable, value }) => booleanFor(variable) === !value)) continue
      const pathNode =
        field === null ? next.pathNode : { name: field.responseName, above: next.pathNode }
      const dynamicGuard = field?.dynamicGuard ?? null
      const resolved = dynamicGuard === null ? undefined : resolvedGuards.get(dynamicGuard)
      if (field !== null) addField(entries, field, resolved, pathNode)
      if (dynamicGuard !== null) {
        for (const applied of resolved?.payload ?? dynamicGuard.payload.map((rule) => ({ rule }))) {
          const { rule } = applied
          const payloadFields = coveredPayloadFields(rule, dynamicGuard, plan.fragments, booleanFor)
          addPayloadFields(entries, applied, payloadFields, pathNode)
        }
      }
      const types = resolved?.types ?? null
      for (const selections of below) {
        if (types === null || types.has(selections.type.name)) queue.push({ selections, pathNode })
      }
    }
  }
  return toEvaluation(entries)
}

/** @param variant separates entries of one coordinate that have different requirements */
function entryFor(
  entries: Map<string, FieldEntry>,
  coordinate: string,
  variant: string,
): FieldEntry {
  const key = `${coordinate} ${variant}`
  let entry = entries.get(key)
  if (entry === undefined) {
    entry = { coordinate, requirements: new Map(), exemptible: [], paths: new Map() }
    entries.set(key, entry)
  }
  return entry
}

function addField(
  entries: Map<string, FieldEntry>,
  { coordinate, guards }: ReachedField,
  resolved: ResolvedGuard | undefined,
  pathNode: PathNode | null,
): void {
  const valueGuards = resolved?.guards ?? []
  if (guards.length + valueGuards.length === 0) return
  const { requirements, paths } = entryFor(entries, coordinate, JSON.stringify(valueGuards))
  for (const guard of [...guards, ...valueGuards]) requirements.set(JSON.stringify(guard), guard)
  addPath(paths, pathTo(pathNode))
}

/** Adds the selected fields of a payload that require further scopes. */
function addPayloadFields(
  entries: Map<string, FieldEntry>,
  { rule, isExempt }: AppliedRule,
  payloadFields: readonly PayloadField[],
  pathNode: PathNode | null,
): void {
  const requirement = rule.requiresScopes
  for (const { coordinate, path } of payloadFields) {
    const { requirements, exemptible, paths } = entryFor(entries, coordinate, pathNode?.name ?? '')
    // One function for all fields of one payload, so that repeated selections add nothing.
    if (isExempt) {
      if (!exemptible.some((one) => one.isExempt === isExempt)) {
        exemptible.push({ requirement, isExempt })
      }
    } else requirements.set(JSON.stringify(requirement), requirement)
    addPath(paths, [...pathTo(pathNode), ...path])
  }
}

function addPath(paths: FieldEntry['paths'], path: readonly string[]): void {
  if (paths.size < maximumPaths) paths.set(path.join('.'), path)
}

function pathTo(pathNode: PathNode | null): readonly string[] {
  const path: string[] = []
  for (let at = pathNode; at !== null; at = at.above) path.push(at.name)
  return path.reverse()
}

function toEvaluation(entries: ReadonlyMap<string, FieldEntry>): Evaluation {
  if (entries.size === 0) return nothingGuarded
  const distinct = new Map<string, ScopeRequirement>()
  const exemptible: ExemptibleRequirement[] = []
  for (const one of entries.values()) {
    for (const [key, requirement] of one.requirements) distinct.set(key, requirement)
    exemptible.push(...one.exemptible)
  }
  const requirements = [...distinct.values()]
  return {
    requirements,
    ...(exemptible.length > 0 && { exemptible }),
    scopes: allOf(allRequirements({ requirements, exemptible })),
    authenticated: true,
    fields: [...entries.values()]
      .map(guardedField)
      .sort((a, b) => (a.coordinate < b.coordinate ? -1 : 1)),
  }
}

function guardedField({ coordinate, requirements, exemptible, paths }: FieldEntry) {
  const needs = { requirements: [...requirements.values()], exemptible }
  const requirement = allOf(allRequirements(needs))
  const alternatives = needs.requirements.reduce((product, { length }) => product * length, 1)
  const isExact = exemptible.length === 0 && alternatives <= maximumAlternatives
  return {
    coordinate,
    requirement,
    ...(!isExact && { needs }),
    paths: [...paths.keys()].sort().map((key) => paths.get(key) ?? []),
  }
}

/** All requirements, with those from which callers may be exempt. */
function allRequirements({ requirements, exemptible = [] }: Needs): readonly ScopeRequirement[] {
  return [...requirements, ...exemptible.map(({ requirement }) => requirement)]
}

/** The scopes that suffice for each of several operations: any one inner list, as in `Evaluation.scopes`. */
export function combinedScopes(evaluations: readonly Evaluation[]): ScopeRequirement {
  const distinct = new Map(
    evaluations
      .flatMap(allRequirements)
      .map((requirement) => [JSON.stringify(requirement), requirement]),
  )
  return allOf([...distinct.values()])
}

/**
 * Combines requirements into one: any one inner list suffices. Lists at most 64 alternatives, the shortest.
 * Requirements with one alternative are combined first, because they do not increase the number.
 */
export function allOf(requirements: readonly ScopeRequirement[]): ScopeRequirement {
  return [...requirements]
    .sort((a, b) => a.length - b.length)
    .reduce<ScopeRequirement>(
      (sum, requirement) => both(sum, minimal(requirement)).slice(0, maximumAlternatives),
      anyCredential,
    )
}
