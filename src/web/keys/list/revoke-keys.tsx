import { useState } from 'react'
import { useClient } from 'urql'
import RevokeKey from '../details/revoke-key.tsx'
import { type Failure, failureOf } from '../graphql/failure.ts'
import { isInUse } from '../kit/confirmation.tsx'
import { Question } from '../kit/dialog.tsx'
import { TextField } from '../kit/fields.tsx'
import { KeyUses, type UsedKey } from '../kit/key-uses.tsx'
import { FailureNote, Skeleton } from '../kit/states.tsx'
import { toast } from '../kit/toasts.tsx'
import { m } from '../messages/current.ts'
import { type KeyRow, RevokeKeyMutation } from './queries.ts'
import { useRevocations } from './revocations.ts'

interface RevokeKeysProps {
  readonly keys: readonly KeyRow[]
  readonly onClose: () => void
  readonly onRevoked: () => void
}

/** Asks before it revokes keys, and says which keys stop. Keys in use make the person type a name or a word. */
export default function RevokeKeys(props: RevokeKeysProps) {
  const { keys, onClose, onRevoked } = props
  const [key, ...others] = keys
  if (key === undefined || others.length > 0) return <RevokeSeveral {...props} />
  return (
    <RevokeKey
      apiKey={key}
      onClose={onClose}
      onRevoked={({ revokedDescendants }) => {
        toast(m.list.revoked(1, revokedDescendants.length))
        onRevoked()
      }}
    />
  )
}

function RevokeSeveral({ keys, onClose, onRevoked }: RevokeKeysProps) {
  const [reason, setReason] = useState('')
  const [typed, setTyped] = useState('')
  const found = useRevocations(keys)
  const { run, isPending, failure, revoked } = useRevocation(keys, onRevoked)
  const asksWord = found.failure !== null || found.keys.some(isUsed)

  return (
    <Question
      title={m.list.revokeTitle(keys.length)}
      action={m.list.revokeAction(keys.length)}
      isPending={isPending}
      isDisabled={found.isPending || (asksWord && typed.trim().toLowerCase() !== m.list.word)}
      onAction={() => void run(reason)}
      onClose={onClose}
    >
      <p>{m.list.revokeText}</p>
      <KeyUses keys={found.keys} />
      {found.isPending && <Skeleton width="60%" />}
      <FailureNote failure={found.failure} />
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

/** Whether a program used the key or a descendant within the last day. Keys that are not listed count as used. */
function isUsed({ lastUsedAt, descendants = [], unlisted = 0 }: UsedKey): boolean {
  return isInUse(lastUsedAt) || unlisted > 0 || descendants.some(isUsed)
}

/** Returns a function that revokes keys one after the other, until the server refuses one. */
function useRevocation(keys: readonly KeyRow[], onRevoked: () => void) {
  const client = useClient()
  const [isPending, setPending] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)
  const [revoked, setRevoked] = useState(0)

  async function run(reason: string) {
    setFailure(null)
    setPending(true)
    const stopped = new Set<string>()
    for (const [index, { id }] of keys.entries()) {
      const { data, error } = await client.mutation(RevokeKeyMutation, { id, reason })
      const fault = failureOf(error)
      if (fault !== null) {
        setFailure(fault)
        setRevoked(index)
        setPending(false)
        return
      }
      for (const descendant of data?.revokeApiKey.revokedDescendants ?? []) {
        stopped.add(descendant.id)
      }
    }
    const descendants = [...stopped].filter((id) => !keys.some((key) => key.id === id))
    toast(m.list.revoked(keys.length, descendants.length))
    onRevoked()
  }
  return { run, isPending, failure, revoked }
}
