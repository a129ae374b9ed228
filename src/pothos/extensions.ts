import type { FieldRules } from '../decision/field-rules.ts'
import type { Declaration } from '../decision/index.ts'

type Extensions = Readonly<Record<string, unknown>>

/**
 * `extensions` with the declaration for this package to read, and as a directive where printers of
 * SDL look for one: `extensions.directives`, arguments by name of directive.
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

/** `extensions` with the rules of a field beside what it declares. */
export function withRules(
  extensions: Extensions | null | undefined,
  rules: FieldRules,
): Extensions {
  return {
    ...extensions,
    latchkey: { ...(extensions?.latchkey as object | undefined), ...rules },
  }
}

/** Pothos' directives plugin can write a list of `{ name, args }`, which GraphQL Tools no longer reads. */
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
