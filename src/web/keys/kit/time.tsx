import { useEffect, useState } from 'react'
import { language, m } from '../messages/current.ts'
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

/** Keeps what is dear to create, for the language that the page has. */
function once<Format>(create: (language: string) => Format): () => Format {
  let format: Format | undefined
  return () => {
    format ??= create(language)
    return format
  }
}
const exactFormat = once(
  (tag) => new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'long' }),
)
const dateFormat = once((tag) => new Intl.DateTimeFormat(tag, { dateStyle: 'medium' }))

/**
 * Returns a time relative to `now`, such as "3 minutes ago" or "in 12 days". `Intl.RelativeTimeFormat` has no part in
 * it: the first format of `Intl` takes some 30 ms, in which the page stands still.
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
  return exactFormat().format(at)
}

export function shortDate(at: Date): string {
  return dateFormat().format(at)
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
