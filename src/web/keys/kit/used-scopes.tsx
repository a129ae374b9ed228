import { Fragment } from 'react'
import { m } from '../messages/current.ts'
import { RelativeTime } from './time.tsx'

export interface ScopeUse {
  readonly scope: string
  readonly lastUsedAt: string
}

interface PossibleUse {
  readonly scope: string
  readonly lastUsedAt: string | null
}

/** Returns the scopes that a request has needed, the latest use first. */
export function usesOf(scopes: readonly PossibleUse[]): readonly ScopeUse[] {
  return scopes
    .flatMap(({ scope, lastUsedAt }) => (lastUsedAt === null ? [] : [{ scope, lastUsedAt }]))
    .sort((a, b) => Date.parse(b.lastUsedAt) - Date.parse(a.lastUsedAt))
}

/** Scopes, each with the time at which a request last needed it. */
export function UsedScopes({ uses }: { readonly uses: readonly ScopeUse[] }) {
  return uses.map(({ scope, lastUsedAt }, index) => (
    <Fragment key={scope}>
      {index > 0 && ', '}
      <code>{scope}</code> <RelativeTime at={lastUsedAt} />
    </Fragment>
  ))
}

/** Says which scopes of a key are in use, below its name; nothing if none is. */
export function UsedScopesLine({ uses }: { readonly uses: readonly ScopeUse[] }) {
  if (uses.length === 0) return null
  return (
    <p className="revoke-more muted">
      {m.details.revokeScopes}: <UsedScopes uses={uses} />
    </p>
  )
}
