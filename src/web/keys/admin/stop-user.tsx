import { useState } from 'react'
import { AffectedKeys, useConsequences } from '../details/affected-keys.tsx'
import { useAction } from '../graphql/use-action.ts'
import { Question } from '../kit/dialog.tsx'
import { TextField } from '../kit/fields.tsx'
import { FailureNote } from '../kit/states.tsx'
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
  const revocation = useAction(
    RevokeAllMutation,
    ({ revokeAllApiKeys }) => {
      toast(m.admin.revokedAll(revokeAllApiKeys.revokedCount))
      onClose()
    },
    ['ApiKey'],
  )
  const isSuspension = how === 'suspend'
  // A suspension and a revocation of all keys stop the same keys.
  const found = useConsequences({ suspendUser: { id } })
  const { isPending, failure } = isSuspension ? suspension : revocation

  return (
    <Question
      title={isSuspension ? m.admin.suspendTitle(name) : m.admin.revokeAllTitle(name)}
      action={isSuspension ? m.admin.suspend : m.admin.revokeAll}
      isPending={isPending}
      // In an emergency a prediction that fails must not stand in the way.
      isDisabled={found.keys === undefined && found.failure === null}
      onAction={() =>
        void (isSuspension
          ? suspension.run({ id, reason })
          : revocation.run({ ownerId: id, reason }))
      }
      onClose={onClose}
    >
      <p>{isSuspension ? m.admin.suspendText : m.admin.revokeAllText}</p>
      <AffectedKeys found={found} />
      <TextField label={m.list.reason} value={reason} onChange={setReason} maxLength={500} />
      <FailureNote failure={failure} />
    </Question>
  )
}
