import { useEffect, useState } from 'react'
import { language, m } from '../messages/current.ts'
import { Tip } from './tip.tsx'

const units: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]

/** Returns a time relative to `now`, such as "3 minutes ago" or "in 12 days". */
export function relativeTime(at: Date, now: number): string {
  const seconds = (at.getTime() - now) / 1000
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
  for (const [unit, length] of units) {
    if (Math.abs(seconds) >= length) return format.format(Math.round(seconds / length), unit)
  }
  return m.time.now
}

/** Returns the date and the time to the second, with the time zone of the person. */
export function exactTime(at: Date): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'long' }).format(at)
}

export function shortDate(at: Date): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium' }).format(at)
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
  const exact = [exactTime(at), props.more].filter((text) => text).join(' · ')
  return (
    <Tip text={exact}>
      <time dateTime={props.at}>{relativeTime(at, now)}</time>
    </Tip>
  )
}
