import { ChevronRight, Plus, X } from 'lucide-react'
import { useState } from 'react'
import { Button, IconButton } from '../kit/button.tsx'
import { TextField } from '../kit/fields.tsx'
import { m } from '../messages/current.ts'
import { emptyEntry, type MetadataEntry } from './metadata.ts'

const maxEntries = 20

/** Edits metadata as properties with texts. Without any, it is collapsed at first: few keys need it. */
export function MetadataField(props: {
  readonly entries: readonly MetadataEntry[]
  readonly error: string | null
  readonly onChange: (entries: readonly MetadataEntry[]) => void
}) {
  const { entries, error, onChange } = props
  const [isOpen, setOpen] = useState(entries.length > 0)

  function toggle() {
    setOpen(!isOpen)
    if (entries.length === 0) onChange([emptyEntry()])
  }
  const change = (entry: MetadataEntry) =>
    onChange(entries.map((other) => (other.id === entry.id ? entry : other)))

  return (
    <div className="metadata-field">
      <button type="button" className="disclosure" aria-expanded={isOpen} onClick={toggle}>
        <ChevronRight aria-hidden />
        {m.create.metadata}
        <span className="field-optional"> {m.optional}</span>
      </button>
      {isOpen && (
        <>
          <p className="field-hint">{m.create.metadataHint}</p>
          {entries.map((entry, index) => (
            <div key={entry.id} className="metadata-entry">
              <TextField
                label={m.create.property(index + 1)}
                placeholder={m.create.property(index + 1)}
                hideLabel
                value={entry.property}
                onChange={(property) => change({ ...entry, property })}
              />
              <TextField
                label={m.create.value(index + 1)}
                placeholder={m.create.value(index + 1)}
                hideLabel
                value={entry.value}
                onChange={(value) => change({ ...entry, value })}
              />
              <IconButton
                label={m.create.removeProperty(index + 1)}
                icon={<X aria-hidden />}
                onPress={() => onChange(entries.filter(({ id }) => id !== entry.id))}
              />
            </div>
          ))}
          <div>
            <Button
              size="small"
              icon={<Plus aria-hidden />}
              isDisabled={entries.length >= maxEntries}
              onPress={() => onChange([...entries, emptyEntry()])}
            >
              {m.create.addProperty}
            </Button>
          </div>
        </>
      )}
      {error !== null && (
        <p className="field-error" role="alert" tabIndex={-1}>
          {error}
        </p>
      )}
    </div>
  )
}
