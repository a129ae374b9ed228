import type { Stamp } from './lease.ts'

/** Something about a key or a user is not as it was; or about so many that it is not said which. */
export type Change =
  | { readonly kind: 'key'; readonly id: string }
  | { readonly kind: 'user'; readonly id: string }
  | { readonly kind: 'everything' }

/** What a watcher of changes is told, in the order in which the changes were committed. */
export interface ChangeListener {
  changed(change: Change): void
  /** Every change that was committed before `sent` has been told by now. */
  heard(sent: Stamp): void
  /** Changes may have been missed up to now; from now on none is. */
  restarted(): void
  /** Changes may be missed from now on, until the next is `heard`. */
  lost(): void
}

export interface ChangeWatch {
  close(): Promise<void>
}
