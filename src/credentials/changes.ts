import type { Stamp } from './lease.ts'

/** A change of a key or a user. `everything`: too many keys and users changed to list them. */
export type Change =
  | { readonly kind: 'key'; readonly id: string }
  | { readonly kind: 'user'; readonly id: string }
  | { readonly kind: 'everything' }

/** Receives the changes of keys and users in the order of their commits. */
export interface ChangeListener {
  changed(change: Change): void
  /** Called with each heartbeat: every change that was committed before `sent` has been reported. */
  heartbeat(sent: Stamp): void
  /** Called when the watch starts: changes may have been missed before, but none from now on. */
  restarted(): void
  /** Called when the watch fails: changes may be missed until the next `heartbeat`. */
  lost(): void
}

export interface ChangeWatch {
  close(): Promise<void>
}
