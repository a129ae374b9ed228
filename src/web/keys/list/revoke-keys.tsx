import { useState } from 'react'
import { useClient } from 'urql'
import { type Failure, failureOf } from '../graphql/failure.ts'
import { isInUse } from '../kit/confirmation.tsx'
import { Question } from '../kit/dialog.tsx'
import { TextField } from '../kit/fields.tsx'
import { KeyUses } from '../kit/key-uses.tsx'
import { FailureNote } from '../kit/states.tsx'
import { toast } from '../kit/toasts.tsx'
import { m } from '../messages/current.ts'
import { type KeyRow, RevokeKeyMutation } from './queries.ts'

/** Asks before it revokes keys. Keys that were used in the last day make the person type a word. */
export default function RevokeKeys(props: {
  readonly keys: readonly KeyRow[]
  readonly onClose: () => void
  readonly onRevoked: () => void
}) {
  const { keys, onClose, onRevoked } = props
  const client = useClient()
  const [reason, setReason] = useState('')
  const [typed, setTyped] = useState('')
  const [done, setDone] = useState<number | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)
  const [revoked, setRevoked] = useState(0)
  const asksWord = keys.some(({ lastUsedAt }) => isInUse(lastUsedAt))

  async function revoke() {
    setFailure(null)
    let descendants = 0
    for (const [index, { id }] of keys.entries()) {
      setDone(index)
      const { data, error } = await client.mutation(RevokeKeyMutation, { id, reason })
      const fault = failureOf(error)
      if (fault !== null) {
        setFailure(fault)
        setRevoked(index)
        setDone(null)
        return
      }
      descendants += data?.revokeApiKey.revokedDescendants.length ?? 0
    }
    toast(m.list.revoked(keys.length, descendants))
    onRevoked()
  }

  return (
    <Question
      title={m.list.revokeTitle(keys.length, keys[0]?.name ?? '')}
      action={m.list.revokeAction(keys.length)}
      isPending={done !== null}
      isDisabled={asksWord && typed.trim().toLowerCase() !== m.list.word}
      onAction={() => void revoke()}
      onClose={onClose}
    >
      <p>{m.list.revokeText(keys.length)}</p>
      <KeyUses keys={keys} />
      <TextField label={m.list.reason} value={reason} onChange={setReason} maxLength={500} />
      {asksWord && (
        <TextField
          label={m.list.typeWord(m.list.word)}
          hint={m.list.inUse}
          value={typed}
          onChange={setTyped}
          isRequired
        />
      )}
      {failure !== null && revoked > 0 && <p>{m.list.revokedSome(revoked, keys.length)}</p>}
      <FailureNote failure={failure} />
    </Question>
  )
}
