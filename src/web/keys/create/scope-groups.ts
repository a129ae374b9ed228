import type { Scope } from './queries.ts'

export interface ScopeGroup {
  readonly name: string
  readonly scopes: readonly Scope[]
}

const verbs = new Set(
  'access add admin all call cancel create delete edit execute get introspect list manage modify place read remove run send update use view write'.split(
    ' ',
  ),
)

/** Whether a scope only reads, by its name: `read:users` and `orders.read` do. */
export function isReading(scope: string): boolean {
  return /(^|[:./_-])(read|list|view|get)($|[:./_-])/i.test(scope)
}

/** Returns what a scope is about: `users` for `read:users`, and `orders` for `orders:write`. */
export function subjectOf(scope: string): string {
  const [first = scope, ...rest] = scope.split(/[:./]/)
  if (rest.length === 0) return ''
  return verbs.has(first.toLowerCase()) ? rest.join(' ') : first
}

/**
 * Groups scopes by what they are about, in the order in which they first appear: first the groups that have a
 * scope that the person holds.
 */
export function groupScopes(
  scopes: readonly Scope[],
  held: ReadonlySet<string>,
  others: string,
): readonly ScopeGroup[] {
  const groups = new Map<string, Scope[]>()
  for (const scope of scopes) {
    const subject = subjectOf(scope.name)
    const name = subject === '' ? others : subject.charAt(0).toUpperCase() + subject.slice(1)
    groups.set(name, [...(groups.get(name) ?? []), scope])
  }
  const all = [...groups].map(([name, members]) => ({ name, scopes: members }))
  const isOpen = (group: ScopeGroup) => group.scopes.some(({ name }) => held.has(name))
  return [...all.filter(isOpen), ...all.filter((group) => !isOpen(group))]
}
