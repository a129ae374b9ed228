import { useState } from 'react'
import { useQuery } from 'urql'
import { ConsequencesQuery } from '../details/queries.ts'
import { useAction } from '../graphql/use-action.ts'
import { Button } from '../kit/button.tsx'
import { Dialog } from '../kit/dialog.tsx'
import { TextField } from '../kit/fields.tsx'
import { FailureNote } from '../kit/states.tsx'
import { RelativeTime } from '../kit/time.tsx'
import { toast } from '../kit/toasts.tsx'
import { m } from '../messages/current.ts'
import { RevokeAllMutation, SuspendUserMutation, type UserDetails } from './queries.ts'

/** Asks before it suspends a user or revokes the user's keys, and says which keys stop. */
export function StopUser(props: {
  readonly user: UserDetails
  readonly how: 'suspend' | 'revoke'
  readonly onClose: () => void
}) {
  const { user, how, onClose } = props
  const { id } = user
  const name = user.name ?? user.subject
  const [reason, setReason] = useState('')
  const suspension = useAction(SuspendUserMutation, () => {
    toast(m.admin.suspended)
    onClose()
  })
  const revocation = useAction(RevokeAllMutation, ({ revokeAllApiKeys }) => {
    toast(m.admin.revokedAll(revokeAllApiKeys.revokedCount))
    onClose()
  })
  const isSuspension = how === 'suspend'
  const { isPending, failure } = isSuspension ? suspension : revocation

  return (
    <Dialog
      role="alertdialog"
      title={isSuspension ? m.admin.suspendTitle(name) : m.admin.revokeAllTitle(name)}
      stays={isPending}
      onClose={onClose}
      actions={
        <>
          <Button autoFocus isDisabled={isPending} onPress={onClose}>
            {m.cancel}
          </Button>
          <Button
            look="danger"
            isPending={isPending}
            onPress={() =>
              void (isSuspension
                ? suspension.run({ id, reason })
                : revocation.run({ ownerId: id, reason }))
            }
          >
            {isSuspension ? m.admin.suspend : m.admin.revokeAll}
          </Button>
        </>
      }
    >
      <p>{isSuspension ? m.admin.suspendText : m.admin.revokeAllText}</p>
      <Stopped userId={id} />
      <TextField label={m.list.reason} value={reason} onChange={setReason} maxLength={500} />
      <FailureNote failure={failure} />
    </Dialog>
  )
}

/** The active keys of a user. A suspension and a revocation of all keys stop the same keys. */
function Stopped({ userId }: { readonly userId: string }) {
  const [{ data }] = useQuery({
    query: ConsequencesQuery,
    variables: { of: { suspendUser: { id: userId } } },
    requestPolicy: 'network-only',
  })
  const keys = data?.consequences?.keys
  if (keys === undefined) return null
  if (keys.nodes.length === 0) return <p className="muted">{m.admin.stopsNone}</p>
  return (
    <div className="stack-small">
      <p>{m.admin.stops(keys.totalCount)}</p>
      <ul className="revoke-list">
        {keys.nodes.map(({ apiKey: { id, name, lastUsedAt } }) => (
          <li key={id}>
            <bdi>{name}</bdi>
            <span className="muted">
              {lastUsedAt === null ? m.list.neverUsed : <RelativeTime at={lastUsedAt} />}
            </span>
          </li>
        ))}
        {keys.totalCount > keys.nodes.length && (
          <li className="muted">{m.details.andMore(keys.totalCount - keys.nodes.length)}</li>
        )}
      </ul>
    </div>
  )
}
