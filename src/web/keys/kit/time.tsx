import { useEffect, useState } from 'react'
import { dateLanguage, m } from '../messages/current.ts'
import type { TimeUnit } from '../messages/time-unit.ts'
import { Tip } from './tip.tsx'

const units: readonly (readonly [TimeUnit, number])[] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]

let exactFormat: Intl.DateTimeFormat | undefined

/**
 * Returns a time relative to `now`, such as "3 minutes ago" or "in 12 days". Like {@link shortDate}, it does not use
 * `Intl`, whose first format blocks the page for some 50 ms.
 */
export function relativeTime(at: Date, now: number): string {
  const seconds = (at.getTime() - now) / 1000
  for (const [unit, length] of units) {
    const count = Math.round(Math.abs(seconds) / length)
    if (Math.abs(seconds) >= length) return (seconds < 0 ? m.time.past : m.time.future)(count, unit)
  }
  return m.time.now
}

/** Returns the date and the time to the second, with the time zone of the person. */
export function exactTime(at: Date): string {
  exactFormat ??= new Intl.DateTimeFormat(dateLanguage(), {
    dateStyle: 'medium',
    timeStyle: 'long',
  })
  return exactFormat.format(at)
}

/** Returns the date for the person, such as "5 Mar 2026". */
export function shortDate(at: Date): string {
  return m.time.date(at.getDate(), at.getMonth(), at.getFullYear())
}

/** Renders again each half minute, so that relative times stay right. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000)
    return () => clearInterval(timer)
  }, [])
  return now
}

/** A relative time, exact on hover. `more` follows the exact time there. */
export function RelativeTime(props: { readonly at: string; readonly more?: string }) {
  const now = useNow()
  const at = new Date(props.at)
  return (
    <Tip text={() => [exactTime(at), props.more].filter((text) => text).join(' · ')}>
      <time dateTime={props.at}>{relativeTime(at, now)}</time>
    </Tip>
  )
}
