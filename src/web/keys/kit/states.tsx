import { CircleAlert, CloudOff, Hourglass, Lock, ServerOff } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { configuration } from '../configuration.ts'
import type { Failure } from '../graphql/failure.ts'
import { m } from '../messages/current.ts'
import { Button } from './button.tsx'
import { refusalText } from './refusal-text.ts'

export interface EmptyStateProps {
  readonly icon: ReactNode
  readonly title: string
  readonly children?: ReactNode
  readonly action?: ReactNode
}

/** `isScreen`: nothing else is on the screen, so the title is its heading. */
export function EmptyState(props: EmptyStateProps & { readonly isScreen?: boolean }) {
  const { icon, title, children, action, isScreen = false } = props
  const Heading = isScreen ? 'h1' : 'h2'
  return (
    <div className="empty">
      <span className="empty-icon">{icon}</span>
      <Heading>{title}</Heading>
      {children !== undefined && <p>{children}</p>}
      {action}
    </div>
  )
}

const icons: Readonly<Record<Failure['kind'], typeof Lock>> = {
  network: CloudOff,
  'signed-out': Lock,
  'rate-limited': Hourglass,
  unavailable: ServerOff,
  refused: CircleAlert,
}

export function failureTitle({ kind }: Failure): string {
  const titles: Readonly<Record<Failure['kind'], string>> = {
    network: m.failure.networkTitle,
    'signed-out': m.failure.signedOutTitle,
    'rate-limited': m.failure.rateLimitedTitle,
    unavailable: m.failure.unavailableTitle,
    refused: m.failure.refusedTitle,
  }
  return titles[kind]
}

/** The words for a failure. `seconds` are left until a new attempt is allowed. */
export function failureText(failure: Failure, seconds = failure.retryAfter ?? 0): string {
  if (failure.kind === 'network') return m.failure.network
  if (failure.kind === 'signed-out') return m.failure.signedOut
  if (failure.kind === 'rate-limited') return m.failure.rateLimited(seconds)
  if (failure.kind === 'unavailable') return m.failure.unavailable
  return refusalText(failure, configuration)
}

/** Takes the place of content that could not be loaded. Counts down if the server asks to wait. */
export function ErrorState(props: { readonly failure: Failure; readonly onRetry: () => void }) {
  const { failure, onRetry } = props
  const left = useCountdown(failure)
  // The dialog over the whole page says it, and offers to sign in.
  if (failure.kind === 'signed-out') return null
  const Icon = icons[failure.kind]
  return (
    <div className="empty" role="alert">
      <span className="empty-icon">
        <Icon aria-hidden />
      </span>
      <h2>{failureTitle(failure)}</h2>
      <FailureText failure={failure} left={left} />
      <Button onPress={onRetry} isDisabled={failure.kind === 'rate-limited' && left > 0}>
        {m.retry}
      </Button>
    </div>
  )
}

/** Inside a form or dialog, above its buttons. */
export function FailureNote({ failure }: { readonly failure: Failure | null }) {
  const left = useCountdown(failure)
  if (failure === null) return null
  const Icon = icons[failure.kind]
  return (
    <div className="note" data-tone="bad" role="alert">
      <Icon aria-hidden />
      <FailureText failure={failure} left={left} />
    </div>
  )
}

/** Counts down for the eye alone: a screen reader would announce each second. */
function FailureText({ failure, left }: { readonly failure: Failure; readonly left: number }) {
  if (failure.kind !== 'rate-limited') return <p>{failureText(failure)}</p>
  return (
    <p className="numbers">
      <span aria-hidden="true">{failureText(failure, left)}</span>
      <span className="hidden">{failureText(failure)}</span>
    </p>
  )
}

/** The seconds until the server accepts a new attempt. */
function useCountdown(failure: Failure | null): number {
  const [left, setLeft] = useState(failure?.retryAfter ?? 0)
  useEffect(() => {
    if (failure?.retryAfter == null) return undefined
    const end = Date.now() + failure.retryAfter * 1000
    const update = () => setLeft(Math.max(0, Math.ceil((end - Date.now()) / 1000)))
    update()
    const timer = setInterval(update, 500)
    return () => clearInterval(timer)
  }, [failure])
  return failure?.retryAfter == null ? 0 : left
}

/** A grey shape of the size of what is being loaded. The style has these widths. */
export function Skeleton(props: {
  readonly width?: '30%' | '40%' | '50%' | '60%' | '70%' | '80%' | '100%'
}) {
  return <span className="skeleton" data-width={props.width ?? '100%'} aria-hidden="true" />
}

/** Takes the place of content that is being loaded. */
export function Loading() {
  return (
    <div className="card loading" role="status">
      <span className="hidden">{m.loading}</span>
      <Skeleton width="40%" />
      <Skeleton />
      <Skeleton width="70%" />
    </div>
  )
}
