import { m } from '../messages/current.ts'
import { RelativeTime } from './time.tsx'

export interface UsedKey {
  readonly id: string
  readonly name: string
  readonly lastUsedAt: string | null
}

/** Keys and when they were last used. `unlisted` others are counted below them. The keyboard scrolls a long list. */
export function KeyUses(props: { readonly keys: readonly UsedKey[]; readonly unlisted?: number }) {
  const { keys, unlisted = 0 } = props
  return (
    <ul className="revoke-list" tabIndex={keys.length > 2 ? 0 : undefined}>
      {keys.map(({ id, name, lastUsedAt }) => (
        <li key={id}>
          <bdi>{name}</bdi>
          <span className="muted">
            {lastUsedAt === null ? m.list.neverUsed : <RelativeTime at={lastUsedAt} />}
          </span>
        </li>
      ))}
      {unlisted > 0 && <li className="muted">{m.details.andMore(unlisted)}</li>}
    </ul>
  )
}
