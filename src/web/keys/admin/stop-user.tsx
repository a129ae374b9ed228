import { useState } from 'react'
import { AffectedKeys, isAnyInUse, useConsequences } from '../details/affected-keys.tsx'
import { useAction } from '../graphql/use-action.ts'
import { isTyped } from '../kit/confirmation.tsx'
import { Question } from '../kit/dialog.tsx'
import { TextField } from '../kit/fields.tsx'
import { FailureNote } from '../kit/states.tsx'
import { toast } from '../kit/toasts.tsx'
import { m } from '../messages/current.ts'
import { RevokeAllMutation, SuspendUserMutation, type UserDetails } from './queries.ts'
import { TypedSubject } from './typed-subject.tsx'

/** Asks before it suspends a user or revokes the user's keys, and says which keys stop. */
export function StopUser(props: {
  readonly user: UserDetails
  readonly how: 'suspend' | 'revoke'
  readonly onClose: () => void
}) {
  const { user, how, onClose } = props
  const { id, subject } = user
  const name = user.name ?? subject
  const [reason, setReason] = useState('')
  const [typed, setTyped] = useState('')
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
  // Unlike a suspension, a revocation cannot be undone.
  const asksSubject = !isSuspension && isAnyInUse(found)
  const { isPending, failure } = isSuspension ? suspension : revocation

  return (
    <Question
      title={isSuspension ? m.admin.suspendTitle(name) : m.admin.revokeAllTitle(name)}
      action={isSuspension ? m.admin.suspend : m.admin.revokeAll}
      isPending={isPending}
      // In an emergency a prediction that fails must not stand in the way.
      isDisabled={
        (found.keys === undefined && found.failure === null) ||
        (asksSubject && !isTyped(typed, subject))
      }
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
      {asksSubject && <TypedSubject subject={subject} typed={typed} onType={setTyped} />}
      <FailureNote failure={failure} />
    </Question>
  )
}
