import { type FormEvent, useState } from 'react'
import { jsonObjectIn } from '../../json-object.ts'
import { useAction } from '../graphql/use-action.ts'
import { FormDialog } from '../kit/dialog.tsx'
import { TextField } from '../kit/fields.tsx'
import { FailureNote, failureText } from '../kit/states.tsx'
import { toast } from '../kit/toasts.tsx'
import { visibleText } from '../kit/visible.ts'
import { m } from '../messages/current.ts'
import { type KeyDetails, UpdateKeyMutation } from './queries.ts'

/** Changes the name, the description and the metadata of a key. */
export default function EditKey(props: {
  readonly apiKey: KeyDetails
  readonly onClose: () => void
}) {
  const { apiKey, onClose } = props
  const [name, setName] = useState(apiKey.name)
  const [description, setDescription] = useState(apiKey.description ?? '')
  const [text, setText] = useState(() => visibleText(JSON.stringify(apiKey.metadata, null, 2)))
  const [isChecked, setChecked] = useState(false)
  const { run, isPending, failure } = useAction(UpdateKeyMutation, () => {
    toast(m.details.saved)
    onClose()
  })
  const metadata = jsonObjectIn(text)
  const errorOf = (field: string) => (failure?.field === field ? failureText(failure) : null)
  const known = ['name', 'description', 'metadata'].includes(failure?.field ?? '')

  function submit(event?: FormEvent) {
    event?.preventDefault()
    setChecked(true)
    if (name.trim() === '' || metadata === null) return
    void run({ input: { id: apiKey.id, name: name.trim(), description, metadata } })
  }

  return (
    <FormDialog
      title={m.details.editTitle}
      action={m.save}
      isPending={isPending}
      onAction={submit}
      onClose={onClose}
    >
      <form className="stack" noValidate onSubmit={submit}>
        <TextField
          label={m.create.name}
          value={name}
          onChange={setName}
          maxLength={100}
          error={isChecked && name.trim() === '' ? m.create.nameMissing : errorOf('name')}
          isRequired
          autoFocus
        />
        <TextField
          label={m.create.description}
          value={description}
          onChange={setDescription}
          maxLength={500}
          rows={2}
          error={errorOf('description')}
        />
        <TextField
          label={m.details.metadataField}
          value={text}
          onChange={setText}
          rows={6}
          mono
          error={isChecked && metadata === null ? m.details.metadataInvalid : errorOf('metadata')}
        />
        <button type="submit" hidden />
      </form>
      <FailureNote failure={known ? null : failure} />
    </FormDialog>
  )
}
