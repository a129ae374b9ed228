import { Ban, CircleCheck, Trash2, UserX } from 'lucide-react'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { Panel } from '../details/panel.tsx'
import { useAction } from '../graphql/use-action.ts'
import { useQuery } from '../graphql/use-query.ts'
import { Button, ButtonLink } from '../kit/button.tsx'
import { ErrorState, FailureNote, Loading } from '../kit/states.tsx'
import { RelativeTime } from '../kit/time.tsx'
import { toast } from '../kit/toasts.tsx'
import { m } from '../messages/current.ts'
import { useViewer } from '../session/viewer.ts'
import { EmptyPage, Page } from '../shell/page.tsx'
import { DeleteUser } from './delete-user.tsx'
import { EditGrant } from './edit-grant.tsx'
import { ReactivateUserMutation, type UserDetails, UserQuery } from './queries.ts'
import { StopUser } from './stop-user.tsx'
import { UserKeys } from './user-keys.tsx'
import { UserStatus } from './user-status.tsx'

export default function User({ id }: { readonly id: string }) {
  const [{ data, failure }, reload] = useQuery({
    query: UserQuery,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  if (failure !== null) {
    return <ErrorState failure={failure} onRetry={reload} />
  }
  if (data === undefined) return <Loading />
  if (data.user === null) {
    return (
      <EmptyPage
        icon={<UserX aria-hidden />}
        title={m.admin.noUser}
        action={<ButtonLink href="/admin">{m.admin.title}</ButtonLink>}
      />
    )
  }
  return <UserScreen user={data.user} />
}

function UserScreen({ user }: { readonly user: UserDetails }) {
  const { id, status, subject } = user
  const [, goTo] = useLocation()
  const viewer = useViewer()
  const [question, setQuestion] = useState<'suspend' | 'revoke' | 'delete' | 'grant' | null>(null)
  const { run, isPending, failure } = useAction(ReactivateUserMutation, () =>
    toast(m.admin.reactivated),
  )
  const has = (scope: string) => viewer?.scopes.has(scope) === true
  const readsKeys = has('read:keys') && has('manage:keys')
  const close = () => setQuestion(null)

  return (
    <Page
      title={user.name ?? subject}
      lead={
        <span className="key-lead">
          <UserStatus status={status} />
        </span>
      }
      up={{ href: '/admin', label: m.admin.users }}
      actions={
        <>
          {has('write:users') && status === 'SUSPENDED' && (
            <Button
              icon={<CircleCheck aria-hidden />}
              isPending={isPending}
              onPress={() => void run({ id })}
            >
              {m.admin.reactivate}
            </Button>
          )}
          {has('write:users') && status === 'ACTIVE' && (
            <Button icon={<UserX aria-hidden />} onPress={() => setQuestion('suspend')}>
              {m.admin.suspend}
            </Button>
          )}
          {has('write:keys') && readsKeys && (
            <Button icon={<Ban aria-hidden />} onPress={() => setQuestion('revoke')}>
              {m.admin.revokeAll}
            </Button>
          )}
          {has('write:users') && (
            <Button icon={<Trash2 aria-hidden />} onPress={() => setQuestion('delete')}>
              {m.admin.deleteUser}
            </Button>
          )}
        </>
      }
    >
      <div className="details">
        <FailureNote failure={failure} />
        <Facts user={user} />
        <Grant
          scopes={user.scopes}
          onEdit={has('write:grants') ? () => setQuestion('grant') : null}
        />
        <Panel title={m.admin.keys}>
          {readsKeys ? (
            <UserKeys id={id} />
          ) : (
            <p className="panel-body muted">
              {m.admin.missingText(has('read:keys') ? 'manage:keys' : 'read:keys')}
            </p>
          )}
        </Panel>
      </div>
      <MissingScopes has={has} />
      {(question === 'suspend' || question === 'revoke') && (
        <StopUser user={user} how={question} onClose={close} />
      )}
      {question === 'grant' && <EditGrant user={user} onClose={close} />}
      {question === 'delete' && (
        <DeleteUser user={user} onClose={close} onDeleted={() => goTo('/admin')} />
      )}
    </Page>
  )
}

function Facts({ user }: { readonly user: UserDetails }) {
  const facts = [
    [m.admin.subject, user.subject],
    [m.admin.issuer, user.issuer],
    [m.admin.email, user.email ?? '–'],
  ]
  return (
    <dl className="card facts">
      {facts.map(([name, value]) => (
        <div key={name} className={name === m.admin.subject ? undefined : 'fact-wide'}>
          <dt>{name}</dt>
          <dd>
            <bdi>{value}</bdi>
          </dd>
        </div>
      ))}
      <div>
        <dt>{m.admin.created}</dt>
        <dd>
          <RelativeTime at={user.createdAt} />
        </dd>
      </div>
    </dl>
  )
}

/** Names the scopes that the person lacks, and what each of them would allow here. */
function MissingScopes({ has }: { readonly has: (scope: string) => boolean }) {
  const missing = (['write:users', 'write:grants', 'write:keys', 'manage:keys'] as const).filter(
    (scope) => !has(scope),
  )
  if (missing.length === 0) return null
  return (
    <ul className="missing-scopes muted">
      {missing.map((scope) => (
        <li key={scope}>
          <code>{scope}</code> {m.admin.allows[scope]}
        </li>
      ))}
    </ul>
  )
}

function Grant(props: {
  readonly scopes: readonly string[] | null
  /** Null if the person may not change the grant. */
  readonly onEdit: (() => void) | null
}) {
  const { scopes, onEdit } = props
  return (
    <Panel
      title={m.admin.grant}
      lead={m.admin.grantLead}
      action={
        onEdit !== null && (
          <Button size="small" onPress={onEdit}>
            {m.admin.editGrant}
          </Button>
        )
      }
    >
      <div className="panel-body">
        {scopes === null ? (
          <p>{m.admin.noCeilingText}</p>
        ) : scopes.length === 0 ? (
          <p>{m.admin.emptyGrant}</p>
        ) : (
          <ul className="chips">
            {scopes.map((scope) => (
              <li key={scope}>
                <code className="chip">{scope}</code>
              </li>
            ))}
          </ul>
        )}
      </div>
    </Panel>
  )
}
