import type { FieldRules } from '../decision/field-rules.ts'
import type { Declaration } from '../decision/index.ts'

type Extensions = Readonly<Record<string, unknown>>

/**
 * Returns `extensions` with the declaration in `extensions.latchkey`, for this package, and as a directive in
 * `extensions.directives` (arguments by the name of the directive), for printers of SDL.
 */
export function withDeclaration(
  extensions: Extensions | null | undefined,
  declaration: Declaration,
): Extensions {
  return {
    ...extensions,
    latchkey: { ...(extensions?.latchkey as object | undefined), ...declaration },
    directives: { ...byName(extensions?.directives), ...directiveFor(declaration) },
  }
}

/** Returns `extensions` with the rules of a field in `extensions.latchkey`. */
export function withRules(
  extensions: Extensions | null | undefined,
  rules: FieldRules,
): Extensions {
  return {
    ...extensions,
    latchkey: { ...(extensions?.latchkey as object | undefined), ...rules },
  }
}

/**
 * Converts the list of `{ name, args }` that Pothos' directives plugin writes; GraphQL Tools no longer
 * reads it.
 */
function byName(directives: unknown): object {
  if (!Array.isArray(directives)) return { ...(directives as object | undefined) }
  const named: Record<string, unknown[]> = {}
  for (const { name, args } of directives as { name: string; args: unknown }[]) {
    named[name] = [...(named[name] ?? []), args]
  }
  return named
}

function directiveFor(declaration: Declaration): object {
  if (declaration.requiresScopes !== undefined) {
    return { requiresScopes: { scopes: declaration.requiresScopes } }
  }
  return declaration.authenticated ? { authenticated: {} } : { public: {} }
}
