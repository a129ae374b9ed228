import { useAction } from '../graphql/use-action.ts'
import { Question } from '../kit/dialog.tsx'
import { originText } from '../kit/origin.ts'
import { FailureNote } from '../kit/states.tsx'
import { RelativeTime } from '../kit/time.tsx'
import { toast } from '../kit/toasts.tsx'
import { m } from '../messages/current.ts'
import { EndOldSecretMutation, type KeyDetails } from './queries.ts'

export default function EndOldSecret(props: {
  readonly apiKey: Pick<KeyDetails, 'id' | 'previousSecret'>
  readonly onClose: () => void
}) {
  const { apiKey, onClose } = props
  const lastUsedAt = apiKey.previousSecret?.lastUsedAt ?? null
  const origin = originText(apiKey.previousSecret?.lastUsedFrom ?? null)
  const { run, isPending, failure } = useAction(EndOldSecretMutation, () => {
    toast(m.details.ended)
    onClose()
  })
  return (
    <Question
      title={m.details.endTitle}
      action={m.details.endAction}
      isPending={isPending}
      onAction={() => void run({ id: apiKey.id })}
      onClose={onClose}
    >
      <p>{m.details.endText}</p>
      {lastUsedAt === null ? (
        <p>{m.details.endUnused}</p>
      ) : (
        <div className="note" data-tone="warning">
          <p>
            {m.details.endUsed} <RelativeTime at={lastUsedAt} /> <bdi>{origin}</bdi>
          </p>
        </div>
      )}
      <FailureNote failure={failure} />
    </Question>
  )
}
