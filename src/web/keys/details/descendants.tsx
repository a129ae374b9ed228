import { Link } from 'wouter'
import { KeyStatus } from '../kit/badge.tsx'
import { LastUse } from '../kit/last-use.tsx'
import { m } from '../messages/current.ts'
import { Panel } from './panel.tsx'
import type { KeyDetails } from './queries.ts'

type Descendant = KeyDetails['descendants'][number]

/** The keys below a key, as a tree. */
export function Descendants({ apiKey }: { readonly apiKey: KeyDetails }) {
  const { id, descendants } = apiKey
  if (descendants.length === 0) return null
  const children = new Map<string, Descendant[]>()
  for (const key of descendants) {
    const parent = key.parent?.id ?? id
    children.set(parent, [...(children.get(parent) ?? []), key])
  }
  return (
    <Panel title={m.details.descendants} lead={m.details.descendantsLead}>
      <div className="tree">
        <Branch of={id} childrenOf={children} />
      </div>
    </Panel>
  )
}

function Branch(props: {
  readonly of: string
  readonly childrenOf: ReadonlyMap<string, readonly Descendant[]>
}) {
  const { of, childrenOf } = props
  const keys = childrenOf.get(of)
  if (keys === undefined) return null
  return (
    <ul>
      {keys.map(({ id, name, status, lastUsedAt }) => (
        <li key={id}>
          <div className="tree-key">
            <Link href={`/${id}`}>
              <bdi>{name}</bdi>
            </Link>
            <span className="muted">
              <LastUse at={lastUsedAt} />
            </span>
            <KeyStatus state={status} />
          </div>
          <Branch of={id} childrenOf={childrenOf} />
        </li>
      ))}
    </ul>
  )
}
