import { CircleCheck, KeyRound, RefreshCw, TimerOff, Users } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from '../kit/button.tsx'
import { originText } from '../kit/origin.ts'
import { RelativeTime } from '../kit/time.tsx'
import { m } from '../messages/current.ts'
import { Panel } from './panel.tsx'
import type { KeyDetails } from './queries.ts'

/** The life of the secret as a timeline. `onEnd` asks whether to end the old secret; null if one may not. */
export function Rotation(props: {
  readonly apiKey: KeyDetails
  readonly onEnd: (() => void) | null
}) {
  const { apiKey, onEnd } = props
  const { createdAt, rotatedAt, previousSecret } = apiKey
  return (
    <Panel
      title={m.details.rotation}
      action={
        previousSecret !== null &&
        onEnd !== null && (
          <Button size="small" icon={<TimerOff aria-hidden />} onPress={onEnd}>
            {m.details.endNow}
          </Button>
        )
      }
    >
      <ol className="timeline">
        {previousSecret !== null && (
          <>
            <Step icon={<TimerOff aria-hidden />} at={previousSecret.expiresAt} isAhead>
              {m.details.oldSecretEnds}
            </Step>
            {previousSecret.lastUsedAt === null ? (
              <Step icon={<CircleCheck aria-hidden />} tone="good">
                {m.details.oldSecretUnused}
              </Step>
            ) : (
              <Step icon={<Users aria-hidden />} at={previousSecret.lastUsedAt} tone="warning">
                {m.details.oldSecretUsed} <bdi>{originText(previousSecret.lastUsedFrom)}</bdi>
              </Step>
            )}
          </>
        )}
        {rotatedAt !== null && (
          <Step icon={<RefreshCw aria-hidden />} at={rotatedAt}>
            {m.details.rotated}
          </Step>
        )}
        <Step icon={<KeyRound aria-hidden />} at={createdAt}>
          {m.details.createdWith}
        </Step>
      </ol>
    </Panel>
  )
}

function Step(props: {
  readonly icon: ReactNode
  readonly at?: string
  readonly tone?: 'good' | 'warning'
  readonly isAhead?: boolean
  readonly children: ReactNode
}) {
  const { icon, at, tone, isAhead = false, children } = props
  return (
    <li data-tone={tone} data-ahead={isAhead}>
      <span className="timeline-mark">{icon}</span>
      <p>{children}</p>
      {at !== undefined && (
        <span className="timeline-time">
          <RelativeTime at={at} />
        </span>
      )}
    </li>
  )
}
