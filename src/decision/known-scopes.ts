import type { GraphQLSchema } from 'graphql'
import type { ScopeCatalogue } from '../scopes.ts'
import { scopeCoordinates } from './coordinates.ts'

interface KnownScopes {
  readonly catalogue: ScopeCatalogue
  readonly warn: (message: string) => void
}

/** The scopes that API keys can have, by the authenticator that accepts these keys. */
const known = new WeakMap<object, KnownScopes>()

/** Lets {@link warnOfUnknownScopes} compare schemas with the scopes of `connectLatchkey`. */
export function rememberScopes(authenticator: object, scopes: KnownScopes): void {
  known.set(authenticator, scopes)
}

/** Warns of scopes that `schema` requires and no API key can have. JWTs may have them, so they are allowed. */
export function warnOfUnknownScopes(
  schema: GraphQLSchema,
  authenticator: object | undefined,
): void {
  const scopes = authenticator && known.get(authenticator)
  if (scopes === undefined) return
  const unknown = [...scopeCoordinates(schema)].filter(([scope]) => !scopes.catalogue.has(scope))
  if (unknown.length === 0) return
  const list = unknown.map(([scope, coordinates]) => `\`${scope}\` (${coordinates.join(', ')})`)
  scopes.warn(
    `The schema requires scopes that no API key can have: ${list.join(', ')}. If keys should have them, add them to \`scopes\` of connectLatchkey.`,
  )
}
