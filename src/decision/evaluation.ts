import type { Principal } from '../principal.ts'
import { both, minimal, type ScopeRequirement } from '../scopes.ts'
import type { Circumstance, Dependence } from './dependence.ts'
import type { PayloadRule } from './field-rules.ts'
import { anyCredential } from './guard.ts'
import { type BooleanFor, type ToldField, toldBeyond } from './payload.ts'
import type { Plan, ReachedField, Selections } from './plan.ts'

/** Requirements that must all be met. */
export interface Needs {
  /** Each distinct. */
  readonly requirements: readonly ScopeRequirement[]
  /** Further ones, from which some callers are exempt. */
  readonly exemptible?: readonly ExemptibleRequirement[]
}

/** What an operation with given variables needs; `requirements` is empty when nothing is guarded. */
export interface Evaluation extends Needs {
  /**
   * All of them in one, without alternatives that contain another: any one inner list suffices. `[[]]`
   * when no scope is needed. Holds at most 64 alternatives, the shortest: where more would exist,
   * each one listed suffices but others may too.
   */
  readonly scopes: ScopeRequirement
  /** Whether a credential is needed, with scopes or not. */
  readonly authenticated: boolean
  readonly fields: readonly GuardedField[]
}

export interface ExemptibleRequirement {
  readonly requirement: ScopeRequirement
  readonly isExempt: (caller: Principal) => boolean
}

export interface GuardedField {
  /** Of the object type that holds it, such as `User.email`. */
  readonly coordinate: string
  /** What it takes to reach it, in one: as `Evaluation.scopes`. */
  readonly requirement: ScopeRequirement
  /** Where `requirement` does not say it all, since someone is exempt or there are too many ways. */
  readonly needs?: Needs
  /** Where it is answered, by response names and without list indices; at most 20. */
  readonly paths: readonly (readonly string[])[]
}

const maximumAlternatives = 64
const maximumPaths = 20
/** How often a fragment may be gone through again just to name one more path. */
const maximumRevisits = 1000

export const nothingGuarded: Evaluation = {
  requirements: [],
  scopes: anyCredential,
  authenticated: false,
  fields: [],
}

interface Place {
  readonly name: string
  readonly above: Place | null
}

/** A field as it is reached; where values decide, the same coordinate may need this here and that there. */
interface Found {
  readonly coordinate: string
  readonly requirements: Map<string, ScopeRequirement>
  readonly exemptible: ExemptibleRequirement[]
  readonly paths: Map<string, readonly string[]>
}

/**
 * @param booleanFor the value of a variable; `undefined`: it may be either
 * @param circumstances what depends on the request's values
 */
export function evaluatePlan(
  plan: Plan,
  booleanFor: BooleanFor,
  circumstances: ReadonlyMap<Dependence, Circumstance>,
): Evaluation {
  if (plan.root === null) return nothingGuarded
  const found = new Map<string, Found>()
  const visited = new Set<Selections>()
  let revisits = 0
  const waiting: { selections: Selections; place: Place | null }[] = [
    { selections: plan.root, place: null },
  ]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (visited.has(next.selections)) {
      revisits += 1
      if (revisits > maximumRevisits) continue
    }
    visited.add(next.selections)
    for (const { conditions, field, below } of next.selections.ways) {
      if (conditions.some(({ variable, value }) => booleanFor(variable) === !value)) continue
      const place = field === null ? next.place : { name: field.responseName, above: next.place }
      const dependence = field?.dependence ?? null
      const circumstance = dependence === null ? undefined : circumstances.get(dependence)
      if (field !== null) note(found, field, circumstance, place)
      if (dependence !== null) {
        for (const rule of dependence.payload) {
          const told = toldBeyond(rule, dependence, plan.fragments, booleanFor)
          notePayload(found, rule, told, circumstance, place)
        }
      }
      const types = circumstance?.types ?? null
      for (const selections of below) {
        if (types === null || types.has(selections.type.name)) waiting.push({ selections, place })
      }
    }
  }
  return summarise(found)
}

/** @param circumstance tells apart what needs something else at another place */
function entryFor(found: Map<string, Found>, coordinate: string, circumstance: string): Found {
  const key = `${coordinate} ${circumstance}`
  let entry = found.get(key)
  if (entry === undefined) {
    entry = { coordinate, requirements: new Map(), exemptible: [], paths: new Map() }
    found.set(key, entry)
  }
  return entry
}

function note(
  found: Map<string, Found>,
  { coordinate, guards }: ReachedField,
  circumstance: Circumstance | undefined,
  place: Place | null,
): void {
  const further = circumstance?.guards ?? []
  if (guards.length + further.length === 0) return
  const { requirements, paths } = entryFor(found, coordinate, JSON.stringify(further))
  for (const guard of [...guards, ...further]) requirements.set(JSON.stringify(guard), guard)
  notePath(paths, pathTo(place))
}

/** The fields by which a payload tells what takes further scopes. */
function notePayload(
  found: Map<string, Found>,
  rule: PayloadRule,
  told: readonly ToldField[],
  circumstance: Circumstance | undefined,
  place: Place | null,
): void {
  const requirement = rule.requiresScopes
  const isExempt = circumstance?.exemptions.get(rule)
  for (const { coordinate, path } of told) {
    const { requirements, exemptible, paths } = entryFor(found, coordinate, place?.name ?? '')
    // The same for all that one field tells, which may be the same thing many times.
    if (isExempt) {
      if (!exemptible.some((one) => one.isExempt === isExempt)) {
        exemptible.push({ requirement, isExempt })
      }
    } else requirements.set(JSON.stringify(requirement), requirement)
    notePath(paths, [...pathTo(place), ...path])
  }
}

function notePath(paths: Found['paths'], path: readonly string[]): void {
  if (paths.size < maximumPaths) paths.set(path.join('.'), path)
}

function pathTo(place: Place | null): readonly string[] {
  const path: string[] = []
  for (let at = place; at !== null; at = at.above) path.push(at.name)
  return path.reverse()
}

function summarise(found: ReadonlyMap<string, Found>): Evaluation {
  if (found.size === 0) return nothingGuarded
  const distinct = new Map<string, ScopeRequirement>()
  const exemptible: ExemptibleRequirement[] = []
  for (const one of found.values()) {
    for (const [key, requirement] of one.requirements) distinct.set(key, requirement)
    exemptible.push(...one.exemptible)
  }
  const requirements = [...distinct.values()]
  return {
    requirements,
    ...(exemptible.length > 0 && { exemptible }),
    scopes: allOf(everyRequirement({ requirements, exemptible })),
    authenticated: true,
    fields: [...found.values()]
      .map(guardedField)
      .sort((a, b) => (a.coordinate < b.coordinate ? -1 : 1)),
  }
}

function guardedField({ coordinate, requirements, exemptible, paths }: Found) {
  const needs = { requirements: [...requirements.values()], exemptible }
  const requirement = allOf(everyRequirement(needs))
  const ways = needs.requirements.reduce((product, { length }) => product * length, 1)
  const isExact = exemptible.length === 0 && ways <= maximumAlternatives
  return {
    coordinate,
    requirement,
    ...(!isExact && { needs }),
    paths: [...paths.keys()].sort().map((key) => paths.get(key) ?? []),
  }
}

/** As if no one were exempt. */
function everyRequirement({ requirements, exemptible = [] }: Needs): readonly ScopeRequirement[] {
  return [...requirements, ...exemptible.map(({ requirement }) => requirement)]
}

/** What it takes to run each of several operations: any one inner list suffices; as `Evaluation.scopes`. */
export function combinedScopes(evaluations: readonly Evaluation[]): ScopeRequirement {
  const distinct = new Map(
    evaluations
      .flatMap(everyRequirement)
      .map((requirement) => [JSON.stringify(requirement), requirement]),
  )
  return allOf([...distinct.values()])
}

/**
 * Requirements in one: any one inner list suffices. At most 64 alternatives, the shortest. Those with
 * one alternative come first: they never multiply.
 */
export function allOf(requirements: readonly ScopeRequirement[]): ScopeRequirement {
  return [...requirements]
    .sort((a, b) => a.length - b.length)
    .reduce<ScopeRequirement>(
      (sum, requirement) => both(sum, minimal(requirement)).slice(0, maximumAlternatives),
      anyCredential,
    )
}
