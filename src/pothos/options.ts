import type { FieldRules } from '../decision/field-rules.ts'
import type { Declaration } from '../decision/index.ts'
import type { ScopeCatalogue } from '../scopes.ts'

/** Alternatives: all scopes of any one inner list suffice. A single name means `[[name]]`. */
export type RequiredScopes<Scope extends string> = Scope | readonly (readonly Scope[])[]

/** The declaration of a type, which holds for all its fields. At most one of the two options. */
export interface TypeGuardOptions<Scope extends string> {
  /** Requires a credential, which may have any scopes. */
  authenticated?: true
  /** Requires these scopes. */
  requiresScopes?: RequiredScopes<Scope>
}

/** The declaration of a field: at most one of the three options, and exactly one on a root field. */
export interface FieldGuardOptions<Scope extends string> extends TypeGuardOptions<Scope> {
  /** Requires nothing: every caller may select the field, with or without a credential. */
  public?: true
  /**
   * Returns the names of the types that the field may return, given its coerced arguments. Only the guards of
   * those types then count. For query fields that return an interface or union and whose arguments decide the
   * type, such as Relay's `node`; not allowed on mutations and subscriptions. If the field returns another
   * type, it fails. If the function throws, every type counts. Default: all types of the interface or union.
   */
  possibleTypes?: (args: Readonly<Record<string, unknown>>) => Iterable<string>
}

/** Returns the options that are rules and not declarations, for `extensions.latchkey`. */
export function readRules({ possibleTypes }: FieldGuardOptions<string>): FieldRules {
  return possibleTypes === undefined ? {} : { possibleTypes }
}

export interface LatchkeyPluginOptions<Scope extends string> {
  /** All scopes that declarations may name: name to description. */
  scopes: Readonly<Record<Scope, string>> | ScopeCatalogue
}

const declarationForms = 'public: true, authenticated: true or requiresScopes'

/** Returns the declaration in `options`, or the fault in it. */
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
