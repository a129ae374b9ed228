import { ShieldCheck } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { Link } from 'wouter'
import { announce } from '../kit/toasts.tsx'
import { dateLanguage, m } from '../messages/current.ts'
import type { Revocation } from './queries.ts'

/** The proof of a revocation: the time since which no server accepts the key. */
export function Receipt({ revocation }: { readonly revocation: Revocation }) {
  const { apiKey, effectiveBy, revokedDescendants } = revocation
  // The clock of the person may be wrong, so only the server's two times are compared.
  const left = Date.parse(effectiveBy) - Date.parse(apiKey.revokedAt ?? effectiveBy)
  const [isEffective, setEffective] = useState(left <= 0)
  const at = new Date(effectiveBy)
  const time = timeText(at, new Date())
  const heading = useRef<HTMLHeadingElement>(null)

  // The button that had the focus is gone with the key.
  useEffect(() => heading.current?.focus(), [])

  useEffect(() => {
    const timer = setTimeout(() => {
      setEffective(true)
      announce(`${m.details.refusedSince} ${time}`)
    }, left)
    return () => clearTimeout(timer)
  }, [left, time])

  return (
    <section className="receipt" data-effective={isEffective}>
      <ShieldCheck aria-hidden />
      <div>
        <h2 ref={heading} tabIndex={-1}>
          {isEffective ? (
            <>
              {m.details.refusedSince}{' '}
              <time dateTime={effectiveBy} title={fullText(at)}>
                {time}
              </time>
            </>
          ) : (
            m.details.refusedSoon
          )}
        </h2>
        {revokedDescendants.length > 0 && (
          <>
            <p>{m.details.refusedOthers(revokedDescendants.length)}</p>
            <ul className="receipt-keys">
              {revokedDescendants.map(({ id, name }) => (
                <li key={id}>
                  <Link href={`/${id}`}>
                    <bdi>{name}</bdi>
                  </Link>
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </section>
  )
}

const clock = {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hourCycle: 'h23',
} as const

const date = { year: 'numeric', month: 'long', day: 'numeric' } as const

/** Returns the time of the day to the millisecond, such as `12:03:07.250`, after its date unless that is today. */
function timeText(at: Date, now: Date): string {
  const isToday = at.toDateString() === now.toDateString()
  return isToday ? new Intl.DateTimeFormat(dateLanguage(), clock).format(at) : fullText(at)
}

/** Returns the date and the time where the person is, with the name of the time zone. */
function fullText(at: Date): string {
  const parts = { ...date, ...clock, timeZoneName: 'short' } as const
  return new Intl.DateTimeFormat(dateLanguage(), parts).format(at)
}
