let id: string | null = null

/** Sets the session whose data the page shows. */
export function showSession(session: { readonly id: string | null } | null): void {
  id = session?.id ?? null
}

/**
 * Names the session that the page shows. The server treats the request as anonymous if the browser has another one
 * meanwhile, so that no tab acts for a person who signed in elsewhere.
 */
export function shownSession(): Readonly<Record<string, string>> {
  return id === null ? {} : { 'x-latchkey-session': id }
}
