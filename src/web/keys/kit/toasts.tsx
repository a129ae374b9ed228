import { CircleAlert, CircleCheck, X } from 'lucide-react'
import { useEffect, useSyncExternalStore } from 'react'
import { useLocation } from 'wouter'
import { m } from '../messages/current.ts'
import { IconButton } from './button.tsx'

interface Toast {
  readonly id: number
  readonly text: string
  readonly isFault: boolean
  /** The path of the screen that shows it. */
  readonly path: string
}

let toasts: readonly Toast[] = []
let spoken = ''
let last = 0
const listeners = new Set<() => void>()

function change(next: { toasts?: readonly Toast[]; spoken?: string }): void {
  toasts = next.toasts ?? toasts
  spoken = next.spoken ?? spoken
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Announces a text to screen readers when they are idle. Nothing is shown. */
export function announce(text: string): void {
  // A region that gets the same text twice is read once.
  change({ spoken: text === spoken ? `${text}\u00A0` : text })
}

/**
 * Shows a text at the edge of the page for some seconds, or until the person goes to another screen. Faults stay
 * until they are dismissed, or until the person goes to another screen.
 */
export function toast(text: string, { isFault = false }: { isFault?: boolean } = {}): void {
  const id = ++last
  change({
    toasts: [...toasts.slice(-2), { id, text, isFault, path: location.pathname }],
    spoken: text,
  })
  if (!isFault) setTimeout(() => dismiss(id), 6000)
}

function dismiss(id: number): void {
  change({ toasts: toasts.filter((shown) => shown.id !== id) })
}

export function Toasts() {
  const [path] = useLocation()
  useEffect(() => {
    if (toasts.some((shown) => shown.path !== location.pathname)) {
      change({ toasts: toasts.filter((shown) => shown.path === location.pathname) })
    }
  }, [path])
  const shown = useSyncExternalStore(subscribe, () => toasts)
  const text = useSyncExternalStore(subscribe, () => spoken)
  return (
    <>
      <div className="hidden" role="status" aria-live="polite">
        {text}
      </div>
      <section className="toasts" aria-label={m.notices}>
        {shown.map(({ id, text, isFault }) => (
          <div key={id} className="toast" data-fault={isFault}>
            {isFault ? <CircleAlert aria-hidden /> : <CircleCheck aria-hidden />}
            <p>{text}</p>
            <IconButton
              label={m.dismiss}
              size="small"
              icon={<X aria-hidden />}
              onPress={() => dismiss(id)}
            />
          </div>
        ))}
      </section>
    </>
  )
}
