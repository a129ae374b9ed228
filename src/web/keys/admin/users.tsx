import { SearchX, UserPlus } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { useQuery } from '../graphql/use-query.ts'
import { Button } from '../kit/button.tsx'
import { TextField } from '../kit/fields.tsx'
import { EmptyState, ErrorState, Loading } from '../kit/states.tsx'
import { Pager } from '../list/pager.tsx'
import { m } from '../messages/current.ts'
import { useViewer } from '../session/viewer.ts'
import { type UserRow, UsersQuery } from './queries.ts'
import { UserStatus } from './user-status.tsx'

const CreateUser = lazy(() => import('./create-user.tsx'))

const pageSize = 20

/** The users of the server, with a search. A person with `write:users` can create one. */
export function Users() {
  const viewer = useViewer()
  const [, goTo] = useLocation()
  const [isCreating, setCreating] = useState(false)
  const [search, setSearch] = useState('')
  const [page, setPage] = useState<{ after?: string | null; before?: string | null }>({})
  const { after = null, before = null } = page
  const [{ data, failure }, reload] = useQuery({
    query: UsersQuery,
    variables: {
      search,
      ...(before === null ? { first: pageSize, after } : { last: pageSize, before }),
    },
    requestPolicy: 'cache-and-network',
  })

  function find(text: string) {
    setSearch(text)
    setPage({})
  }

  return (
    <>
      <search className="admin-search">
        <TextField
          label={m.admin.search}
          hideLabel
          type="search"
          placeholder={m.admin.search}
          maxLength={400}
          value={search}
          onChange={find}
        />
        {viewer?.scopes.has('write:users') === true && (
          <Button icon={<UserPlus aria-hidden />} onPress={() => setCreating(true)}>
            {m.admin.newUser}
          </Button>
        )}
      </search>
      {failure !== null ? (
        <ErrorState failure={failure} onRetry={reload} />
      ) : data === undefined ? (
        <Loading />
      ) : data.users.nodes.length === 0 ? (
        <EmptyState icon={<SearchX aria-hidden />} title={m.admin.noUsers} />
      ) : (
        <>
          <ul className="card rows" aria-label={m.admin.users}>
            {data.users.nodes.map((user) => (
              <Row key={user.id} user={user} />
            ))}
          </ul>
          <Pager
            total={data.users.totalCount}
            count={m.admin.count}
            page={data.users.pageInfo}
            onChange={setPage}
          />
        </>
      )}
      <Suspense>
        {isCreating && (
          <CreateUser
            onClose={() => setCreating(false)}
            onCreated={(id) => goTo(`/admin/users/${id}`)}
          />
        )}
      </Suspense>
    </>
  )
}

function Row({ user }: { readonly user: UserRow }) {
  const { id, subject, name, email, status, scopes } = user
  return (
    <li className="row">
      <div className="row-text">
        <Link href={`/admin/users/${id}`}>
          <bdi>{name ?? subject}</bdi>
        </Link>
        <bdi className="muted">
          {[name === null ? null : subject, email].filter(Boolean).join(' · ')}
        </bdi>
      </div>
      <span className="muted">
        {scopes === null ? m.admin.noCeiling : m.admin.grantScopes(scopes.length)}
      </span>
      <UserStatus status={status} />
    </li>
  )
}
