import { useState } from 'react'
import { AffectedKeys, isAnyInUse, useConsequences } from '../details/affected-keys.tsx'
import { useAction } from '../graphql/use-action.ts'
import { isTyped } from '../kit/confirmation.tsx'
import { Question } from '../kit/dialog.tsx'
import { FailureNote } from '../kit/states.tsx'
import { toast } from '../kit/toasts.tsx'
import { m } from '../messages/current.ts'
import { DeleteUserMutation, type UserDetails } from './queries.ts'
import { TypedSubject } from './typed-subject.tsx'

/**
 * Asks before it deletes a user. `force`, which deletes active keys too, is sent only if these keys are shown: where
 * they are not, the server refuses the deletion. If a key is in use, the person types the subject of the user.
 */
export function DeleteUser(props: {
  readonly user: UserDetails
  readonly onClose: () => void
  readonly onDeleted: () => void
}) {
  const { user, onClose, onDeleted } = props
  const { id, subject } = user
  const [typed, setTyped] = useState('')
  const found = useConsequences({ deleteUser: { id } })
  const { run, isPending, failure } = useAction(DeleteUserMutation, () => {
    onDeleted()
    // The next screen shows it.
    toast(m.admin.deleted)
  })
  const asksSubject = isAnyInUse(found)
  const hasShownKeys = found.keys != null && found.keys.nodes.length > 0

  return (
    <Question
      title={m.admin.deleteTitle(user.name ?? subject)}
      action={m.admin.deleteAction}
      isPending={isPending}
      isDisabled={found.keys === undefined || (asksSubject && !isTyped(typed, subject))}
      onAction={() => void run({ input: { id, force: hasShownKeys } })}
      onClose={onClose}
    >
      <p>{m.admin.deleteText}</p>
      <AffectedKeys found={found} />
      {asksSubject && <TypedSubject subject={subject} typed={typed} onType={setTyped} />}
      <FailureNote failure={failure} />
    </Question>
  )
}
