/**
 * A value of each request, kept on the request itself: a carrier refers to its request, and the garbage
 * collector takes several times as long for a WeakMap whose values refer to their keys. A frozen request has
 * its value in a WeakMap.
 */
export class RequestProperty<Value> {
  readonly #key: symbol
  readonly #ofFrozen = new WeakMap<object, Value>()

  constructor(name: string) {
    this.#key = Symbol(name)
  }

  get(request: object): Value | undefined {
    return (request as Record<symbol, Value | undefined>)[this.#key] ?? this.#ofFrozen.get(request)
  }

  set(request: object, value: Value): void {
    if (Object.isExtensible(request)) (request as Record<symbol, Value>)[this.#key] = value
    else this.#ofFrozen.set(request, value)
  }
}
