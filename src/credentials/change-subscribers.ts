import type { Change } from './changes.ts'

/** The functions to call when a certain key or user changes. */
export class ChangeSubscribers {
  readonly #byId = new Map<string, Set<() => void>>()

  /** Returns a function that ends the subscription. */
  subscribe(ids: readonly string[], listener: () => void): () => void {
    for (const id of ids) {
      const listeners = this.#byId.get(id)
      if (listeners === undefined) this.#byId.set(id, new Set([listener]))
      else listeners.add(listener)
    }
    return () => {
      for (const id of ids) this.#remove(id, listener)
    }
  }

  /** After a change of everything, nobody is called: all of them would look their credentials up at once. */
  changed(change: Change): void {
    if (change.kind === 'everything') return
    for (const listener of [...(this.#byId.get(change.id) ?? [])]) listener()
  }

  #remove(id: string, listener: () => void): void {
    const listeners = this.#byId.get(id)
    listeners?.delete(listener)
    if (listeners?.size === 0) this.#byId.delete(id)
  }
}
