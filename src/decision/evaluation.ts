import { both, minimal, type ScopeRequirement } from '../scopes.ts'
import { anyCredential } from './guard.ts'
import type { Selections } from './plan.ts'

/** What an operation with given variables needs. */
export interface Evaluation {
  /** Each distinct requirement; all must be met. Empty when nothing is guarded. */
  readonly requirements: readonly ScopeRequirement[]
  /**
   * The same in one, without alternatives that contain another: any one inner list suffices. `[[]]`
   * when no scope is needed. Holds at most 64 alternatives, the shortest: where more would exist,
   * each one listed suffices but others may too.
   */
  readonly scopes: ScopeRequirement
  /** Whether a credential is needed, with scopes or not. */
  readonly authenticated: boolean
  readonly fields: readonly GuardedField[]
}

export interface GuardedField {
  /** Of the object type that holds it, such as `User.email`. */
  readonly coordinate: string
  readonly requirement: ScopeRequirement
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

interface Found {
  readonly requirement: ScopeRequirement
  readonly paths: Map<string, readonly string[]>
}

/** @param booleanFor the value of a variable; `undefined`: it may be either */
export function evaluateFrom(
  root: Selections,
  booleanFor: (variable: string) => boolean | undefined,
): Evaluation {
  const found = new Map<string, Found>()
  const visited = new Set<Selections>()
  let revisits = 0
  const waiting: { selections: Selections; place: Place | null }[] = [
    { selections: root, place: null },
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
      if (field?.guard) note(found, field.coordinate, field.guard, place)
      for (const selections of below) waiting.push({ selections, place })
    }
  }
  return summarise(found)
}

function note(
  found: Map<string, Found>,
  coordinate: string,
  requirement: ScopeRequirement,
  place: Place | null,
): void {
  let entry = found.get(coordinate)
  if (entry === undefined) {
    entry = { requirement, paths: new Map() }
    found.set(coordinate, entry)
  }
  if (entry.paths.size >= maximumPaths) return
  const path: string[] = []
  for (let at = place; at !== null; at = at.above) path.push(at.name)
  path.reverse()
  entry.paths.set(path.join('.'), path)
}

function summarise(found: ReadonlyMap<string, Found>): Evaluation {
  if (found.size === 0) return nothingGuarded
  const distinct = new Map<string, ScopeRequirement>()
  for (const { requirement } of found.values()) {
    distinct.set(JSON.stringify(requirement), requirement)
  }
  const requirements = [...distinct.values()]
  return {
    requirements,
    scopes: allOf(requirements),
    authenticated: true,
    fields: [...found]
      .map(([coordinate, { requirement, paths }]) => ({
        coordinate,
        requirement,
        paths: [...paths.keys()].sort().map((key) => paths.get(key) ?? []),
      }))
      .sort((a, b) => (a.coordinate < b.coordinate ? -1 : 1)),
  }
}

/** What it takes to run each of several operations: any one inner list suffices; as `Evaluation.scopes`. */
export function combinedScopes(evaluations: readonly Evaluation[]): ScopeRequirement {
  const distinct = new Map(
    evaluations
      .flatMap(({ requirements }) => requirements)
      .map((requirement) => [JSON.stringify(requirement), requirement]),
  )
  return allOf([...distinct.values()])
}

/** Those with one alternative come first: they never multiply. */
function allOf(requirements: readonly ScopeRequirement[]): ScopeRequirement {
  return [...requirements]
    .sort((a, b) => a.length - b.length)
    .reduce<ScopeRequirement>(
      (sum, requirement) => both(sum, minimal(requirement)).slice(0, maximumAlternatives),
      anyCredential,
    )
}
