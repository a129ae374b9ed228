import { useState } from 'react'
import type { CreatedKey } from '../create/created-key.ts'
import { useAction } from '../graphql/use-action.ts'
import { Button } from '../kit/button.tsx'
import { Dialog } from '../kit/dialog.tsx'
import { Select } from '../kit/fields.tsx'
import { FailureNote } from '../kit/states.tsx'
import { m } from '../messages/current.ts'
import { type KeyDetails, RotateKeyMutation } from './queries.ts'

const graces = ['0', '3600', '86400', '604800', '2592000'] as const
type Grace = (typeof graces)[number]

export default function RotateKey(props: {
  readonly apiKey: KeyDetails
  readonly onClose: () => void
  readonly onRotated: (created: CreatedKey) => void
}) {
  const { apiKey, onClose, onRotated } = props
  const { id, name, scopes, expiresAt, previousSecret } = apiKey
  const [grace, setGrace] = useState<Grace>('86400')
  const isRotating = previousSecret !== null
  const { run, isPending, failure } = useAction(RotateKeyMutation, ({ rotateApiKey }) =>
    onRotated({
      id,
      name,
      scopes,
      start: rotateApiKey.apiKey.start,
      secret: rotateApiKey.secret,
      expiresAt: expiresAt === null ? null : new Date(expiresAt),
    }),
  )
  return (
    <Dialog
      title={m.details.rotateTitle}
      onClose={onClose}
      actions={
        <>
          <Button autoFocus onPress={onClose}>
            {m.cancel}
          </Button>
          <Button
            look="primary"
            isPending={isPending}
            onPress={() =>
              void run({ input: { id, gracePeriodSeconds: Number(grace), force: isRotating } })
            }
          >
            {m.details.rotateAction}
          </Button>
        </>
      }
    >
      <p>{m.details.rotateText}</p>
      {isRotating && (
        <div className="note" data-tone="warning">
          <p>{m.details.rotateAgain}</p>
        </div>
      )}
      <Select
        label={m.details.grace}
        value={grace}
        options={graces.map((value) => ({ value, label: m.details.graces[value] }))}
        onChange={setGrace}
      />
      <FailureNote failure={failure} />
    </Dialog>
  )
}
