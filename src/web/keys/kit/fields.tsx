import { ChevronDown } from 'lucide-react'
import { type ReactNode, useEffect, useId, useRef } from 'react'
import { m } from '../messages/current.ts'
import { CheckMark } from './marks.tsx'

/** Whether a focused field opens a keyboard that covers the page. */
const opensKeyboard = globalThis.matchMedia?.('(pointer: coarse)').matches === true

export interface TextFieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly hint?: ReactNode
  /** Why the value is refused. It is shown in the place of the hint. */
  readonly error?: string | null
  readonly type?: 'text' | 'search' | 'date'
  readonly hideLabel?: boolean
  readonly isRequired?: boolean
  readonly autoFocus?: boolean
  readonly placeholder?: string
  readonly maxLength?: number
  readonly min?: string
  readonly max?: string
  /** The number of lines. The field has one line and no scroll bar without it. */
  readonly rows?: number
  readonly mono?: boolean
}

export function TextField(props: TextFieldProps) {
  const { label, value, onChange, hint, error, type = 'text', rows, autoFocus, ...rest } = props
  const { hideLabel = false, isRequired = false, mono = false, ...more } = rest
  const id = useId()
  const note = error ?? hint
  const control = {
    ...more,
    id,
    value,
    className: mono ? 'input mono' : 'input',
    required: isRequired,
    spellCheck: !mono,
    autoComplete: 'off',
    'aria-invalid': error != null || undefined,
    'aria-describedby': note == null ? undefined : `${id}-note`,
    onChange: ({ target }: { target: { value: string } }) => onChange(target.value),
  }
  return (
    <div className="field">
      <label className={hideLabel ? 'hidden' : 'field-label'} htmlFor={id}>
        {label}
        {!isRequired && !hideLabel && <span className="field-optional"> {m.optional}</span>}
      </label>
      {rows === undefined ? (
        // biome-ignore lint/a11y/noAutofocus: a form that the person has just opened begins here
        <input {...control} type={type} autoFocus={autoFocus && !opensKeyboard} />
      ) : (
        <textarea {...control} rows={rows} />
      )}
      {note != null && (
        <p id={`${id}-note`} className={error == null ? 'field-hint' : 'field-error'}>
          {note}
        </p>
      )}
    </div>
  )
}

export function Checkbox(props: {
  readonly isSelected: boolean
  readonly isIndeterminate?: boolean
  readonly isDisabled?: boolean
  readonly onChange: (isSelected: boolean) => void
  /** Names a checkbox without content. */
  readonly label?: string
  readonly describedBy?: string
  readonly children?: ReactNode
}) {
  const { isSelected, isIndeterminate = false, isDisabled, onChange, label, children } = props
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (input.current !== null) input.current.indeterminate = isIndeterminate
  }, [isIndeterminate])
  return (
    <label className="checkbox">
      <input
        ref={input}
        type="checkbox"
        aria-label={label}
        aria-describedby={props.describedBy}
        checked={isSelected}
        disabled={isDisabled}
        onChange={({ target }) => onChange(target.checked)}
      />
      <CheckMark state={isIndeterminate ? 'some' : isSelected ? 'all' : 'none'} />
      {children}
    </label>
  )
}

/** The browser's own list: it works with each keyboard and on each phone. */
export function Select<T extends string>(props: {
  readonly label: string
  readonly hideLabel?: boolean
  readonly value: T
  readonly options: readonly { readonly value: T; readonly label: string }[]
  readonly onChange: (value: T) => void
}) {
  const { label, hideLabel = false, value, options, onChange } = props
  return (
    <label className="field">
      <span className={hideLabel ? 'hidden' : 'field-label'}>{label}</span>
      <span className="select">
        <select
          className="input"
          value={value}
          onChange={({ target }) => onChange(target.value as T)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
        <ChevronDown aria-hidden />
      </span>
    </label>
  )
}
