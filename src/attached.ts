/** Returns the object that it is given as the new one, so that a derived class adds its private fields to it. */
class Given {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: see above
    return object
  }
}

export interface Attached<Value> {
  get(object: object): Value | undefined
  set(object: object, value: Value): void
}

/**
 * Values of objects, as in a WeakMap. Each is a private field of its object, because the garbage collector takes
 * several times as long for a WeakMap with an entry for each request. Unlike a property, nothing shows it, and no
 * copy has it. A frozen object has its value in a WeakMap.
 */
export function createAttached<Value>(): Attached<Value> {
  let ofFrozen: WeakMap<object, Value> | null = null

  class Holder extends Given {
    #value: Value

    constructor(object: object, value: Value) {
      super(object)
      this.#value = value
    }

    static get(object: object): Value | undefined {
      return #value in object ? object.#value : ofFrozen?.get(object)
    }

    static set(object: object, value: Value): void {
      if (#value in object) object.#value = value
      else if (Object.isExtensible(object)) new Holder(object, value)
      else {
        ofFrozen ??= new WeakMap()
        ofFrozen.set(object, value)
      }
    }
  }
  return Holder
}
