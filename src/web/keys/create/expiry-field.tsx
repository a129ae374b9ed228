import { useId } from 'react'
import { configuration } from '../configuration.ts'
import { TextField } from '../kit/fields.tsx'
import { shortDate } from '../kit/time.tsx'
import { m } from '../messages/current.ts'
import { dateBounds, type Expiry, expiries, expiryTime } from './expiry.ts'

export function ExpiryField(props: {
  readonly value: Expiry
  readonly date: string
  readonly error: string | null
  readonly onChange: (value: Expiry) => void
  readonly onDate: (date: string) => void
}) {
  const { value, date, error, onChange, onDate } = props
  const name = useId()
  const now = Date.now()
  const at = expiryTime(value, date, now)
  const limit = configuration.maxLifetimeDays
  return (
    <fieldset>
      <legend className="hidden">{m.create.expiry}</legend>
      <div className="choices">
        {expiries.map((expiry) => (
          <label key={expiry} className="choice">
            <input
              type="radio"
              name={name}
              checked={expiry === value}
              onChange={() => onChange(expiry)}
            />
            <span>
              {typeof expiry === 'number' ? m.create.days(expiry) : m.create.expiries[expiry]}
            </span>
          </label>
        ))}
      </div>
      {value === 'date' && (
        <div className="choice-date">
          <TextField
            label={m.create.date}
            type="date"
            isRequired
            value={date}
            onChange={onDate}
            error={error}
            {...dateBounds(now)}
          />
        </div>
      )}
      <p className="field-hint choice-hint">
        {value === 'never' ? m.create.neverHint : at !== null && m.create.expiresOn(shortDate(at))}
        {limit !== null && ` ${m.create.limit(limit)}`}
      </p>
    </fieldset>
  )
}
