export const keyChangeKinds = [
  'CREATED',
  'UPDATED',
  'ROTATED',
  'REVOKED',
  'USED',
  'EXPIRED',
] as const

export type KeyChangeKind = (typeof keyChangeKinds)[number]

/** A change of a key that its owner can see. */
export interface KeyEvent {
  readonly ownerId: string
  readonly keyId: string
  readonly kind: KeyChangeKind
}

export interface KeyEventListener {
  happened(event: KeyEvent): void
  /** Called when events may have been missed. */
  missed(): void
}

/** The events of all keys that are created, changed, rotated or revoked, also by other programs. */
export interface KeyEvents {
  /** Whether each event is received now. */
  isListening(): boolean
  watch(listener: KeyEventListener): { close(): Promise<void> }
}
