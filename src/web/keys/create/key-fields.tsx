import type { ReactNode } from 'react'
import { TextField } from '../kit/fields.tsx'
import { m } from '../messages/current.ts'
import { usualExpiry } from './expiry.ts'
import { ExpiryField } from './expiry-field.tsx'
import { entriesOf } from './metadata.ts'
import { MetadataField } from './metadata-field.tsx'
import type { ReplacedKey } from './replaced-key.ts'
import type { Draft, Errors, Field } from './use-create-key.ts'

export type DraftFields = Omit<Draft, 'scopes'>

/** The fields of an empty form, or of one for a key that replaces another. */
export function firstDraft(replaced: ReplacedKey | null): DraftFields {
  return {
    name: replaced?.name ?? '',
    description: replaced?.description ?? '',
    metadata: entriesOf(replaced?.metadata ?? {}),
    expiry: usualExpiry,
    date: '',
  }
}

/** The fields of a new key, except its scopes. */
export function KeyFields(props: {
  readonly draft: DraftFields
  readonly errors: Errors
  /** Is called with the changed values, and the field whose fault they may mend. */
  readonly onChange: (change: Partial<DraftFields>, field: Field) => void
}) {
  const { draft, errors, onChange } = props
  return (
    <>
      <FormSection title={m.create.about}>
        <TextField
          label={m.create.name}
          hint={m.create.nameHint}
          error={errors.name}
          value={draft.name}
          onChange={(name) => onChange({ name }, 'name')}
          maxLength={100}
          isRequired
          autoFocus
        />
        <TextField
          label={m.create.description}
          error={errors.description}
          rows={2}
          value={draft.description}
          onChange={(description) => onChange({ description }, 'description')}
          maxLength={500}
        />
        <MetadataField
          entries={draft.metadata}
          error={errors.metadata ?? null}
          onChange={(metadata) => onChange({ metadata }, 'metadata')}
        />
      </FormSection>
      <FormSection title={m.create.expiry}>
        <ExpiryField
          value={draft.expiry}
          date={draft.date}
          error={errors.expiresAt ?? null}
          onChange={(expiry) => onChange({ expiry }, 'expiresAt')}
          onDate={(date) => onChange({ date }, 'expiresAt')}
        />
      </FormSection>
    </>
  )
}

export function FormSection(props: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="form-section">
      <h2>{props.title}</h2>
      <div className="form-fields">{props.children}</div>
    </section>
  )
}
