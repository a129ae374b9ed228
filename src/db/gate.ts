import { ServiceUnavailableError } from '../errors.ts'

/**
 * Lets `size` pass at a time and the others wait in line. Who has waited `patience` milliseconds while
 * nobody came out is sent away with ServiceUnavailableError.
 */
export class Gate {
  readonly #patience: number
  readonly #line = new Set<() => void>()
  #free: number
  #lastOut = 0

  constructor(size: number, patience: number) {
    this.#free = size
    this.#patience = patience
  }

  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await this.#turn()
    try {
      return await work()
    } finally {
      this.#lastOut = performance.now()
      const [first] = this.#line
      if (first === undefined) this.#free++
      else first()
    }
  }

  /** Resolves when one that came out hands its place on. */
  #turn(): Promise<void> {
    const arrived = performance.now()
    return new Promise((resolve, reject) => {
      let timer = setTimeout(check, this.#patience, this)
      const enter = () => {
        clearTimeout(timer)
        this.#line.delete(enter)
        resolve()
      }
      this.#line.add(enter)

      function check(gate: Gate): void {
        const left = Math.max(arrived, gate.#lastOut) + gate.#patience - performance.now()
        if (left > 0) {
          timer = setTimeout(check, left, gate)
          return
        }
        gate.#line.delete(enter)
        reject(new ServiceUnavailableError({ cause: new AllBusyError(), reason: 'busy' }))
      }
    })
  }
}

class AllBusyError extends Error {
  readonly databaseCause = 'busy'

  constructor() {
    super('All connections are busy.')
    this.name = 'AllBusyError'
  }
}
