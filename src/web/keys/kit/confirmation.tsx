import { TextField } from './fields.tsx'

const day = 24 * 60 * 60 * 1000

/** Whether a key was used within the last day. */
export function isInUse(lastUsedAt: string | null): boolean {
  return lastUsedAt !== null && Date.now() - Date.parse(lastUsedAt) < day
}

/** Whether the person typed the name. What a keyboard cannot type, such as two spaces in a row, is not asked for. */
export function isTyped(typed: string, name: string): boolean {
  return plain(typed) === plain(name)
}

function plain(text: string): string {
  return text.normalize('NFKC').replace(/\s+/g, ' ').trim()
}

/** Asks to type the name of what is lost, before something in use stops. */
export function TypedName(props: {
  readonly label: string
  readonly hint: string
  readonly name: string
  readonly typed: string
  readonly onType: (typed: string) => void
}) {
  const { label, hint, name, typed, onType } = props
  return (
    <TextField
      label={label}
      hint={hint}
      placeholder={name}
      value={typed}
      onChange={onType}
      isRequired
    />
  )
}
