import { m } from '../messages/current.ts'
import { LastUse } from './last-use.tsx'
import { type ScopeUse, UsedScopesLine } from './used-scopes.tsx'

export interface UsedKey {
  readonly id: string
  readonly name: string
  readonly lastUsedAt: string | null
  /** The scopes that requests with the key have needed. */
  readonly uses?: readonly ScopeUse[]
  readonly descendants?: readonly UsedKey[]
  /** The number of descendants that are not listed. */
  readonly unlisted?: number
}

/**
 * Keys, when they and their scopes were last used, and the descendants that are revoked with them. `unlisted` others
 * are counted below them. The keyboard scrolls a long list.
 */
export function KeyUses(props: { readonly keys: readonly UsedKey[]; readonly unlisted?: number }) {
  const { keys, unlisted = 0 } = props
  const rows = keys.reduce((count, { descendants = [] }) => count + 1 + descendants.length, 0)
  return (
    <ul className="revoke-list" tabIndex={rows > 2 ? 0 : undefined}>
      {keys.map((key) => (
        <UsedKeyRow key={key.id} usedKey={key} />
      ))}
      {unlisted > 0 && <li className="muted">{m.details.andMore(unlisted)}</li>}
    </ul>
  )
}

function UsedKeyRow({ usedKey }: { readonly usedKey: UsedKey }) {
  const { name, lastUsedAt, uses = [], descendants = [], unlisted = 0 } = usedKey
  return (
    <li>
      <div className="revoke-key">
        <bdi>{name}</bdi>
        <span className="muted">
          <LastUse at={lastUsedAt} />
        </span>
      </div>
      <UsedScopesLine uses={uses} />
      {descendants.length > 0 && (
        <>
          <p className="revoke-more muted">
            {m.details.revokeOthers(descendants.length + unlisted)}:
          </p>
          <ul className="revoke-descendants">
            {descendants.map((key) => (
              <UsedKeyRow key={key.id} usedKey={key} />
            ))}
            {unlisted > 0 && <li className="muted">{m.details.andMore(unlisted)}</li>}
          </ul>
        </>
      )}
    </li>
  )
}
