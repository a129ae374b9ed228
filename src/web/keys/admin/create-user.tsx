import { type FormEvent, useState } from 'react'
import { ScopesQuery } from '../create/queries.ts'
import { ScopePicker } from '../create/scope-picker.tsx'
import { useAction } from '../graphql/use-action.ts'
import { useQuery } from '../graphql/use-query.ts'
import { FormDialog } from '../kit/dialog.tsx'
import { Checkbox, TextField } from '../kit/fields.tsx'
import { FailureNote, failureText, Skeleton } from '../kit/states.tsx'
import { toast } from '../kit/toasts.tsx'
import { m } from '../messages/current.ts'
import { CreateUserMutation } from './queries.ts'

const none = { subject: '', issuer: '', name: '', email: '' }
type Field = keyof typeof none

/** Creates a user before its first JWT arrives, or a deleted user again. */
export default function CreateUser(props: {
  readonly onClose: () => void
  readonly onCreated: (id: string) => void
}) {
  const { onClose, onCreated } = props
  const [draft, setDraft] = useState(none)
  const [scopes, setScopes] = useState<readonly string[] | null>(null)
  const [isChecked, setChecked] = useState(false)
  const { run, isPending, failure } = useAction(CreateUserMutation, ({ createUser }) => {
    onCreated(createUser.user.id)
    // The next screen shows it.
    toast(m.admin.userCreated)
  })
  const subject = draft.subject.trim()
  const isField = Object.hasOwn(draft, failure?.field ?? '')

  function submit(event?: FormEvent) {
    event?.preventDefault()
    setChecked(true)
    if (subject === '') return
    const { issuer, name, email } = draft
    void run({
      input: {
        subject,
        name,
        email,
        ...(issuer.trim() !== '' && { issuer: issuer.trim() }),
        ...(scopes !== null && { scopes: [...scopes] }),
      },
    })
  }

  const field = (name: Field) => ({
    value: draft[name],
    onChange: (value: string) => setDraft({ ...draft, [name]: value }),
    error: failure?.field === name ? failureText(failure) : null,
  })
  const missing = isChecked && subject === '' ? { error: m.admin.subjectMissing } : {}

  return (
    <FormDialog
      title={m.admin.newUser}
      action={m.admin.createUser}
      isPending={isPending}
      onAction={submit}
      onClose={onClose}
    >
      <p className="muted">{m.admin.newUserLead}</p>
      <form className="stack" noValidate onSubmit={submit}>
        <TextField
          label={m.admin.subject}
          hint={m.admin.subjectHint}
          maxLength={255}
          isRequired
          autoFocus
          {...field('subject')}
          {...missing}
        />
        <TextField
          label={m.admin.issuer}
          hint={m.admin.issuerHint}
          maxLength={2000}
          {...field('issuer')}
        />
        <TextField label={m.admin.name} maxLength={200} {...field('name')} />
        <TextField label={m.admin.email} maxLength={254} {...field('email')} />
        <button type="submit" hidden />
      </form>
      <Scopes scopes={scopes} onChange={setScopes} />
      <FailureNote failure={isField ? null : failure} />
    </FormDialog>
  )
}

/** The grant: that of all new users, or scopes that the person holds. */
function Scopes(props: {
  /** Null: the operator has chosen them. */
  readonly scopes: readonly string[] | null
  readonly onChange: (scopes: readonly string[] | null) => void
}) {
  const { scopes, onChange } = props
  const [{ data, failure }] = useQuery({ query: ScopesQuery })
  return (
    <>
      <div className="ceiling">
        <Checkbox isSelected={scopes === null} onChange={(is) => onChange(is ? null : [])}>
          {m.admin.defaultGrant}
        </Checkbox>
        <p className="muted">{m.admin.defaultGrantText}</p>
      </div>
      {scopes !== null &&
        (data === undefined ? (
          <Skeleton />
        ) : (
          <ScopePicker
            scopes={data.scopes}
            held={new Set(data.viewer?.scopes)}
            selected={new Set(scopes)}
            onSelect={(selected) => onChange([...selected].sort())}
          />
        ))}
      <FailureNote failure={failure} />
    </>
  )
}
