import { useAction } from '../graphql/use-action.ts'
import { Button } from '../kit/button.tsx'
import { Dialog } from '../kit/dialog.tsx'
import { originText } from '../kit/origin.ts'
import { FailureNote } from '../kit/states.tsx'
import { RelativeTime } from '../kit/time.tsx'
import { toast } from '../kit/toasts.tsx'
import { m } from '../messages/current.ts'
import { EndOldSecretMutation, type KeyDetails } from './queries.ts'

export default function EndOldSecret(props: {
  readonly apiKey: KeyDetails
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
    <Dialog
      role="alertdialog"
      title={m.details.endTitle}
      onClose={onClose}
      actions={
        <>
          <Button autoFocus onPress={onClose}>
            {m.cancel}
          </Button>
          <Button look="danger" isPending={isPending} onPress={() => void run({ id: apiKey.id })}>
            {m.details.endAction}
          </Button>
        </>
      }
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
    </Dialog>
  )
}
