export type KeyState = 'ACTIVE' | 'EXPIRED' | 'REVOKED' | 'expiresSoon' | 'rotating'

const maxWarning = 14 * 24 * 60 * 60 * 1000

/** The state of a key as its badge shows it: an active key may be rotating, or expire soon. */
export function keyStateOf(
  key: {
    readonly status: 'ACTIVE' | 'EXPIRED' | 'REVOKED'
    readonly createdAt: string
    readonly expiresAt: string | null
    readonly previousSecret?: object | null
  },
  now = Date.now(),
): KeyState {
  if (key.status !== 'ACTIVE') return key.status
  if (key.previousSecret != null) return 'rotating'
  return expiresSoon(key, now) ? 'expiresSoon' : 'ACTIVE'
}

/**
 * Whether a key is in the last quarter of its life, and in its last 14 days: the warning about a key that was made for
 * a week comes when a new one is needed, and not at once.
 */
function expiresSoon(
  { createdAt, expiresAt }: { readonly createdAt: string; readonly expiresAt: string | null },
  now: number,
): boolean {
  if (expiresAt === null) return false
  const end = Date.parse(expiresAt)
  const left = end - now
  return left > 0 && left <= Math.min(maxWarning, (end - Date.parse(createdAt)) / 4)
}
