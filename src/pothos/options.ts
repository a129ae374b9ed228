import type { FieldRules } from '../decision/field-rules.ts'
import type { Declaration } from '../decision/index.ts'
import type { ScopeCatalogue } from '../scopes.ts'

/** Any one inner list suffices, all of its scopes; a single name stands for `[[name]]`. */
export type RequiredScopes<Scope extends string> = Scope | readonly (readonly Scope[])[]

/** What a type may declare of all its fields. At most one of the two. */
export interface TypeGuardOptions<Scope extends string> {
  /** Needs a credential, whatever its scopes. */
  authenticated?: true
  /** Needs these scopes. */
  requiresScopes?: RequiredScopes<Scope>
}

/** What a field may declare: at most one of the three, and exactly one on a root field. */
export interface FieldGuardOptions<Scope extends string> extends TypeGuardOptions<Scope> {
  /** Needs nothing: anyone may read it, with or without a credential. */
  public?: true
  /**
   * Names the types that the field may answer with, given its arguments as GraphQL coerces them: only
   * their guards then count. For a field of an interface or union whose arguments decide the type, such
   * as Relay's `node`; not for mutations and subscriptions. An answer of another type is an error.
   * Where it throws, every type counts. Default: every type that the interface or union may be.
   */
  possibleTypes?: (args: Readonly<Record<string, unknown>>) => Iterable<string>
}

/** What of `options` is no declaration: kept in `extensions.latchkey`. */
export function readRules({ possibleTypes }: FieldGuardOptions<string>): FieldRules {
  return possibleTypes === undefined ? {} : { possibleTypes }
}

export interface LatchkeyPluginOptions<Scope extends string> {
  /** Every scope that a declaration may name, with its description: name to description. */
  scopes: Readonly<Record<Scope, string>> | ScopeCatalogue
}

const declarationForms = 'public: true, authenticated: true or requiresScopes'

/** What `options` declare, or the fault in them. */
export function readDeclaration(
  options: FieldGuardOptions<string>,
): { declaration: Declaration | null } | { fault: string } {
  const declared = [
    options.public === true ? 'public' : null,
    options.authenticated === true ? 'authenticated' : null,
    options.requiresScopes === undefined ? null : 'requiresScopes',
  ].filter((name) => name !== null)
  if (declared.length > 1) {
    return { fault: `declares ${declared.join(' and ')}. Write only one of ${declarationForms}` }
  }
  if (options.public === true) return { declaration: { public: true } }
  if (options.authenticated === true) return { declaration: { authenticated: true } }
  if (options.requiresScopes === undefined) return { declaration: null }
  const requiresScopes =
    typeof options.requiresScopes === 'string' ? [[options.requiresScopes]] : options.requiresScopes
  if (!requiresScopes.every((alternative) => Array.isArray(alternative))) {
    return {
      fault: 'requires a flat list. Write [["a", "b"]] for both, or [["a"], ["b"]] for either',
    }
  }
  if (requiresScopes.length === 0 || requiresScopes.some((list) => list.length === 0)) {
    return {
      fault: 'requires an empty list of scopes. Name the scopes, or write authenticated: true',
    }
  }
  return { declaration: { requiresScopes } }
}
