import { Link } from 'wouter'
import { useQuery } from '../graphql/use-query.ts'
import { KeyStatus } from '../kit/badge.tsx'
import { keyStateOf } from '../kit/key-state.ts'
import { LastUse } from '../kit/last-use.tsx'
import { FailureNote } from '../kit/states.tsx'
import { m } from '../messages/current.ts'
import { UserKeysQuery } from './queries.ts'

/** The newest keys of a user. */
export function UserKeys({ id }: { readonly id: string }) {
  const [{ data, failure }] = useQuery({ query: UserKeysQuery, variables: { ownerId: id } })
  const keys = data?.apiKeys
  if (keys === undefined) {
    return (
      <div className="panel-body">
        <FailureNote failure={failure} />
      </div>
    )
  }
  if (keys.nodes.length === 0) return <p className="panel-body muted">{m.admin.noKeys}</p>
  return (
    <ul className="rows rows-inside">
      {keys.nodes.map((key) => (
        <li key={key.id} className="row">
          <div className="row-text">
            <Link href={`/${key.id}`}>
              <bdi>{key.name}</bdi>
            </Link>
            <code className="muted">{key.start}</code>
          </div>
          <span className="muted">
            <LastUse at={key.lastUsedAt} />
          </span>
          <KeyStatus state={keyStateOf(key)} />
        </li>
      ))}
      {keys.totalCount > keys.nodes.length && (
        <li className="row muted">{m.details.andMore(keys.totalCount - keys.nodes.length)}</li>
      )}
    </ul>
  )
}
