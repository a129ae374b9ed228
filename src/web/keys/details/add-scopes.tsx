import { useState } from 'react'
import { ScopesQuery } from '../create/queries.ts'
import { ScopePicker } from '../create/scope-picker.tsx'
import { useAction } from '../graphql/use-action.ts'
import { useQuery } from '../graphql/use-query.ts'
import { FormDialog } from '../kit/dialog.tsx'
import { FailureNote, Skeleton } from '../kit/states.tsx'
import { toast } from '../kit/toasts.tsx'
import { m } from '../messages/current.ts'
import { isAddable } from './addable.ts'
import { type KeyDetails, UpdateKeyMutation } from './queries.ts'

export default function AddScopes(props: {
  readonly apiKey: KeyDetails
  readonly held: ReadonlySet<string>
  readonly onClose: () => void
}) {
  const { apiKey, held, onClose } = props
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [{ data, failure: loss }] = useQuery({ query: ScopesQuery })
  const { run, isPending, failure } = useAction(UpdateKeyMutation, () => {
    toast(m.details.added(selected.size))
    onClose()
  })
  const isRotating = apiKey.previousSecret !== null
  const others = data?.scopes.filter(({ name }) => isAddable(name) && !apiKey.scopes.includes(name))

  return (
    <FormDialog
      title={m.details.addTitle}
      action={m.details.add(selected.size)}
      isPending={isPending}
      isDisabled={selected.size === 0 || isRotating}
      onAction={() => void run({ input: { id: apiKey.id, addScopes: [...selected].sort() } })}
      onClose={onClose}
    >
      <p className="muted">{isRotating ? m.details.addWhileRotating : m.details.addLead}</p>
      {others === undefined ? (
        <Skeleton />
      ) : others.length === 0 ? (
        <p>{m.details.allAdded}</p>
      ) : (
        <ScopePicker scopes={others} held={held} selected={selected} onSelect={setSelected} />
      )}
      <FailureNote failure={failure ?? loss} />
    </FormDialog>
  )
}
