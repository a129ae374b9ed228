import { useState } from 'react'
import { useQuery } from 'urql'
import { failureOf } from '../graphql/failure.ts'
import { useAction } from '../graphql/use-action.ts'
import { isInUse, isTyped, TypedName } from '../kit/confirmation.tsx'
import { Question } from '../kit/dialog.tsx'
import { TextField } from '../kit/fields.tsx'
import { KeyUses } from '../kit/key-uses.tsx'
import { originText } from '../kit/origin.ts'
import { FailureNote, Skeleton } from '../kit/states.tsx'
import { RelativeTime } from '../kit/time.tsx'
import { UsedScopes, usesOf } from '../kit/used-scopes.tsx'
import { m } from '../messages/current.ts'
import {
  ConsequencesQuery,
  type KeyDetails,
  type Revocation,
  RevokeOneKeyMutation,
} from './queries.ts'
import { stoppedWith } from './stopped-with.ts'

type RevocableKey = Pick<KeyDetails, 'id' | 'name' | 'lastUsedAt' | 'lastUsedFrom' | 'usedScopes'>

/** Asks before it revokes a key, and says what stops. A key in use makes the person type its name. */
export default function RevokeKey(props: {
  readonly apiKey: RevocableKey
  readonly onClose: () => void
  readonly onRevoked: (revocation: Revocation) => void
}) {
  const { apiKey, onClose, onRevoked } = props
  const { id, name } = apiKey
  const [reason, setReason] = useState('')
  const [typed, setTyped] = useState('')
  const { run, isPending, failure } = useAction(RevokeOneKeyMutation, ({ revokeApiKey }) =>
    onRevoked(revokeApiKey),
  )
  const found = useStoppedKeys(id)
  const asksName = [apiKey, ...found.descendants].some((key) => isInUse(key.lastUsedAt))

  return (
    <Question
      title={m.details.revokeTitle(name)}
      action={m.details.revokeAction}
      isPending={isPending}
      isDisabled={found.isPending || (asksName && !isTyped(typed, name))}
      onAction={() => void run({ id, reason })}
      onClose={onClose}
    >
      <p>{m.details.revokeText}</p>
      <Effects apiKey={apiKey} found={found} />
      <TextField label={m.list.reason} value={reason} onChange={setReason} maxLength={500} />
      {asksName && (
        <TypedName
          label={m.details.typeName}
          hint={m.details.inUse}
          name={name}
          typed={typed}
          onType={setTyped}
        />
      )}
      <FailureNote failure={failure} />
    </Question>
  )
}

/** Predicts which descendants of a key stop with it. */
function useStoppedKeys(id: string) {
  const [{ data, error }] = useQuery({
    query: ConsequencesQuery,
    variables: { of: { revokeApiKey: { id } } },
    requestPolicy: 'network-only',
  })
  return {
    ...stoppedWith(id, data?.consequences?.keys),
    isPending: data === undefined && error === undefined,
    failure: failureOf(error),
  }
}

/** Shows the last use of the key, the scopes in use, and the keys that are revoked with it. */
function Effects(props: {
  readonly apiKey: RevocableKey
  readonly found: ReturnType<typeof useStoppedKeys>
}) {
  const { lastUsedAt, lastUsedFrom, usedScopes } = props.apiKey
  const { descendants, unlisted, isPending, failure } = props.found
  const uses = usesOf(usedScopes)
  return (
    <>
      <dl className="effects">
        <div>
          <dt>{m.details.revokeUsed}</dt>
          <dd>
            {lastUsedAt === null ? m.time.never : <RelativeTime at={lastUsedAt} />}{' '}
            <bdi>{originText(lastUsedFrom)}</bdi>
          </dd>
        </div>
        {uses.length > 0 && (
          <div>
            <dt>{m.details.revokeScopes}</dt>
            <dd>
              <UsedScopes uses={uses} />
            </dd>
          </div>
        )}
      </dl>
      <FailureNote failure={failure} />
      {isPending && <Skeleton width="60%" />}
      {descendants.length > 0 && (
        <div className="stack-small">
          <p>{m.details.revokeOthers(descendants.length + unlisted)}:</p>
          <KeyUses keys={descendants} unlisted={unlisted} />
        </div>
      )}
    </>
  )
}
