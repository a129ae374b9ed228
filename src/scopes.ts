/** The built-in scopes and their descriptions. No scope implies another. */
export const builtInScopes = {
  'read:users': 'Read users and list them.',
  'write:users': 'Create, change, suspend, reactivate and delete users.',
  'read:keys': 'Read your own API keys.',
  'write:keys': 'Create, change, rotate and revoke your own API keys.',
  'manage:keys': "Read, narrow and revoke other users' API keys; never create or rotate one.",
  'write:grants': 'Change the scopes that a user holds.',
  'read:audit': 'Read the audit trail.',
  'introspect:tokens': "Ask whether someone's credential is valid (RFC 7662).",
} as const

export type BuiltInScope = keyof typeof builtInScopes

/** Scopes over other users. They need an explicit grant: a user without a ceiling does not have them. */
export const administrativeScopes: ReadonlySet<string> = new Set<BuiltInScope>([
  'manage:keys',
  'write:grants',
  'read:audit',
  'introspect:tokens',
])

/** All scopes of a deployment, name to description. */
export type ScopeCatalogue = ReadonlyMap<string, string>

/** Returns the built-in scopes and then those of other services. */
export function createScopeCatalogue(
  others: Readonly<Record<string, string>> = {},
): ScopeCatalogue {
  return new Map([...Object.entries(builtInScopes), ...Object.entries(others)])
}

const scopeToken = /^[\x21\x23-\x5B\x5D-\x7E]{1,128}$/

/** Whether `name` is a `scope-token` (RFC 6749 §3.3) of at most 128 characters. */
export function isScopeName(name: string): boolean {
  return scopeToken.test(name)
}

const maxDescriptionLength = 1000

/**
 * Returns the faults of a catalogue of other scopes, name to description. Each completes a sentence that
 * begins with the name of the setting.
 */
export function scopeFaults(scopes: object): readonly string[] {
  return Object.entries(scopes).flatMap(([name, description]: [string, unknown]) => {
    if (!isScopeName(name)) {
      return [`contains ${JSON.stringify(name)}, which is not a scope name (RFC 6749 §3.3)`]
    }
    if (Object.hasOwn(builtInScopes, name))
      return [`redefines \`${name}\`, a built-in scope: remove it`]
    const isText = typeof description === 'string' && description !== ''
    if (isText && description.length <= maxDescriptionLength) return []
    return [`must give \`${name}\` a description (1 to ${maxDescriptionLength} characters)`]
  })
}

/**
 * The scopes that a field or an operation needs: all scopes of any one inner list, as in
 * `@requiresScopes(scopes: [[…]])`. `[[]]` needs no scope; `[]` can never be met.
 */
export type ScopeRequirement = readonly (readonly string[])[]

export const nothingRequired: ScopeRequirement = [[]]

/** Whether a holder of `scopes` meets `requirement`. */
export function satisfies(requirement: ScopeRequirement, scopes: ReadonlySet<string>): boolean {
  for (const list of requirement) if (holdsAll(list, scopes)) return true
  return false
}

/** Returns the missing scopes of the alternative that a holder of `scopes` comes closest to, sorted. */
export function missingScopes(
  requirement: ScopeRequirement,
  scopes: ReadonlySet<string>,
): readonly string[] {
  let nearest: string[] | undefined
  for (const list of requirement) {
    const missing = list.filter((scope) => !scopes.has(scope))
    if (nearest === undefined || missing.length < nearest.length) nearest = missing
  }
  return sorted(nearest ?? [])
}

/** Returns the requirement that is met when both are: each alternative of `a` joined with each of `b`. */
export function both(a: ScopeRequirement, b: ScopeRequirement): ScopeRequirement {
  return minimal(a.flatMap((left) => b.map((right) => [...left, ...right])))
}

/** Removes the alternatives that contain another one. Lists are sorted, the shortest first. */
export function minimal(requirement: ScopeRequirement): ScopeRequirement {
  const lists = requirement
    .map(sorted)
    .sort((a, b) => a.length - b.length || compare(a.join(' '), b.join(' ')))
  const kept: { list: readonly string[]; set: ReadonlySet<string> }[] = []
  for (const list of lists) {
    const set = new Set(list)
    if (!kept.some((shorter) => holdsAll(shorter.list, set))) kept.push({ list, set })
  }
  return kept.map(({ list }) => list)
}

/** Sorts scopes by code unit and removes duplicates. They are always shown and stored in this order. */
export function sorted(scopes: Iterable<string>): readonly string[] {
  return [...new Set(scopes)].sort(compare)
}

export function holdsAll(list: readonly string[], scopes: ReadonlySet<string>): boolean {
  for (const scope of list) if (!scopes.has(scope)) return false
  return true
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
