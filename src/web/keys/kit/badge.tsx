import { Ban, CircleCheck, Clock, RefreshCw, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { m } from '../messages/current.ts'

export type Tone = 'good' | 'warning' | 'bad' | 'neutral' | 'accent'

/** A state in an icon and a word, so that it does not depend on the colour. */
export function Badge(props: {
  readonly tone: Tone
  readonly icon?: ReactNode
  readonly children: ReactNode
}) {
  return (
    <span className="badge" data-tone={props.tone}>
      {props.icon}
      {props.children}
    </span>
  )
}

export type KeyState = 'ACTIVE' | 'EXPIRED' | 'REVOKED' | 'expiresSoon' | 'rotating'

const looks: Readonly<Record<KeyState, { readonly tone: Tone; readonly Icon: typeof Ban }>> = {
  ACTIVE: { tone: 'good', Icon: CircleCheck },
  EXPIRED: { tone: 'neutral', Icon: Clock },
  REVOKED: { tone: 'bad', Icon: Ban },
  expiresSoon: { tone: 'warning', Icon: TriangleAlert },
  rotating: { tone: 'accent', Icon: RefreshCw },
}

export function KeyStatus({ state }: { readonly state: KeyState }) {
  const { tone, Icon } = looks[state]
  return (
    <Badge tone={tone} icon={<Icon aria-hidden />}>
      {m.status[state]}
    </Badge>
  )
}

const warnedBefore = 14 * 24 * 60 * 60 * 1000

/** The state of a key as its badge shows it: an active key may be rotating, or expire within 14 days. */
export function keyStateOf(key: {
  readonly status: 'ACTIVE' | 'EXPIRED' | 'REVOKED'
  readonly expiresAt: string | null
  readonly previousSecret?: object | null
}): KeyState {
  if (key.status !== 'ACTIVE') return key.status
  if (key.previousSecret != null) return 'rotating'
  return expiresSoon(key.expiresAt) ? 'expiresSoon' : 'ACTIVE'
}

/** Whether a time is within the next 14 days. */
export function expiresSoon(expiresAt: string | null): boolean {
  if (expiresAt === null) return false
  const left = Date.parse(expiresAt) - Date.now()
  return left > 0 && left < warnedBefore
}
