/** A value that knows which object it belongs to. */
interface Attachment {
  readonly of: object
}

/**
 * Values of objects, as in a WeakMap. Each is a hidden property of its object, because the garbage collector
 * takes several times as long for a WeakMap with an entry for each request. A frozen object has its value in a
 * WeakMap.
 */
export class Attached<Value extends Attachment> {
  readonly #key: symbol
  readonly #ofFrozen = new WeakMap<object, Value>()

  constructor(name: string) {
    this.#key = Symbol(name)
  }

  get(of: object): Value | undefined {
    const value = (of as Record<symbol, Value | undefined>)[this.#key]
    // An object that inherits from another one, or copies it, does not have its value.
    return value?.of === of ? value : this.#ofFrozen.get(of)
  }

  set(value: Value): void {
    const { of } = value
    if (Object.isExtensible(of)) {
      Object.defineProperty(of, this.#key, { value, writable: true, configurable: true })
    } else this.#ofFrozen.set(of, value)
  }
}
