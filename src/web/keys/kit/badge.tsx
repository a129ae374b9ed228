import { Ban, CircleCheck, Clock, RefreshCw, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { m } from '../messages/current.ts'
import type { KeyState } from './key-state.ts'

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
