import { noteSignedIn } from './known.ts'

let id: string | null = null
const waiting = new Set<() => void>()

/** Sets the session whose data the page shows. */
export function showSession(session: { readonly id: string | null } | null): void {
  id = session?.id ?? null
  noteSignedIn(session !== null)
  for (const resolve of waiting) resolve()
}

/** Resolves when the page has read its session the next time, or when `signal` aborts. */
export async function nextSession(signal: AbortSignal): Promise<void> {
  let proceed = () => {}
  const next = new Promise<void>((resolve) => {
    proceed = resolve
  })
  waiting.add(proceed)
  signal.addEventListener('abort', proceed)
  await next
  waiting.delete(proceed)
  signal.removeEventListener('abort', proceed)
}

/**
 * Names the session that the page shows. The server treats the request as anonymous if the browser has another one
 * meanwhile, so that no tab acts for a person who signed in elsewhere.
 */
export function shownSession(): Readonly<Record<string, string>> {
  return id === null ? {} : { 'x-latchkey-session': id }
}
