import { type ASTNode, type ConstDirectiveNode, valueFromASTUntyped } from 'graphql'
import { both, minimal, type ScopeRequirement } from '../scopes.ts'
import type { FieldRules } from './field-rules.ts'

/** The declaration of a field or type: `extensions.latchkey` of a schema that is built in code. */
export interface Declaration {
  readonly public?: true
  readonly authenticated?: true
  readonly requiresScopes?: ScopeRequirement
}

/** The requirement of a field or type: scopes, any credential (`[[]]`), or nothing (`null`). */
export type Guard = ScopeRequirement | null

export const anyCredential: ScopeRequirement = [[]]

export interface Declaring {
  readonly extensions?: Readonly<Record<string, unknown>> | undefined
  readonly astNode?: ASTNode | null | undefined
  readonly extensionASTNodes?: readonly ASTNode[] | undefined
}

/**
 * Returns the declaration of `element`: its `extensions.latchkey`, or else the directives `@public`,
 * `@authenticated` and `@requiresScopes` of the SDL that it was built from. `null` if it has neither.
 */
export function declarationOf(element: Declaring): Declaration | null {
  const extension = element.extensions?.latchkey
  if (declares(extension)) return extension
  const directives = directivesOn(element)
  const named = (name: string) =>
    directives.filter(({ name: { value } }) => value === name || value === `federation__${name}`)
  const scopes = named('requiresScopes').map(scopesArgument)
  if (scopes.length > 0) return { requiresScopes: scopes.reduce(both) }
  if (named('authenticated').length > 0) return { authenticated: true }
  if (named('public').length > 0) return { public: true }
  return null
}

/** Whether `extensions.latchkey` has a declaration. It may have only rules; then the directives count. */
function declares(extension: unknown): extension is Declaration {
  if (typeof extension !== 'object' || extension === null) return false
  return declarations.some((name) => (extension as Declaration)[name] !== undefined)
}

export const declarations = ['public', 'authenticated', 'requiresScopes'] as const

/** The members of `extensions.latchkey` beside a declaration: see `FieldRules`. */
const rules: ReadonlySet<string> = new Set<keyof FieldRules>(['possibleTypes', 'payload'])

/** The faults of a declaration in `extensions.latchkey`, as rests of sentences. SDL has its own types. */
export function declarationFaults(element: Declaring): readonly string[] {
  const extension = element.extensions?.latchkey
  if (extension === undefined || extension === null) return []
  if (typeof extension !== 'object') return ['must be an object']
  return Object.entries(extension).flatMap(([name, value]) => {
    if (name === 'requiresScopes') {
      return isRequirement(value)
        ? []
        : ['has `requiresScopes` that is not a list of lists of scopes']
    }
    if (name === 'public' || name === 'authenticated') {
      return value === true ? [] : [`has \`${name}\` that is not \`true\``]
    }
    if (rules.has(name)) return []
    return [`has \`${name}\`, which does not exist: write public, authenticated or requiresScopes`]
  })
}

function isRequirement(value: unknown): value is ScopeRequirement {
  const isList = (list: unknown) =>
    Array.isArray(list) && list.every((scope) => typeof scope === 'string' && scope !== '')
  return Array.isArray(value) && value.every(isList)
}

export function guardOf(declaration: Declaration | null): Guard {
  if (declaration?.requiresScopes !== undefined) return minimal(declaration.requiresScopes)
  return declaration?.authenticated === true ? anyCredential : null
}

/** The guard that requires both guards. */
export function bothGuards(a: Guard, b: Guard): Guard {
  if (a === null || b === null) return a ?? b
  return both(a, b)
}

/** Whether every principal that meets `guard` also meets `other`. */
export function isAtLeast(guard: Guard, other: Guard): boolean {
  if (other === null) return true
  if (guard === null) return false
  return guard.every((list) => other.some((needed) => needed.every((name) => list.includes(name))))
}

/** The names of the directives on an element of a schema that was built from SDL. */
export function directiveNames(element: Declaring): readonly string[] {
  return directivesOn(element).map(({ name }) => name.value)
}

export function directivesOn(element: Declaring): readonly ConstDirectiveNode[] {
  return [element.astNode, ...(element.extensionASTNodes ?? [])].flatMap(directivesOf)
}

function directivesOf(node: ASTNode | null | undefined): readonly ConstDirectiveNode[] {
  if (node === null || node === undefined || !('directives' in node)) return []
  return (node.directives ?? []) as readonly ConstDirectiveNode[]
}

/** The `scopes` argument, with the list coercion of GraphQL: a single value means a list of it. */
function scopesArgument(directive: ConstDirectiveNode): ScopeRequirement {
  const argument = directive.arguments?.find(({ name }) => name.value === 'scopes')
  const value: unknown = argument === undefined ? null : valueFromASTUntyped(argument.value)
  return asList(value).map((alternative) =>
    asList(alternative).map((scope) => {
      if (typeof scope === 'string') return scope
      throw new TypeError('@requiresScopes(scopes:) takes lists of lists of scope names.')
    }),
  )
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}
