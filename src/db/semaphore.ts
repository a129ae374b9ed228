import { ServiceUnavailableError } from '../errors.ts'

/**
 * Runs at most `size` pieces of work at a time; the others wait in order of arrival. A waiter is
 * rejected with ServiceUnavailableError after `timeoutMs` without a release.
 */
export class Semaphore {
  readonly #timeoutMs: number
  readonly #waiting = new Set<() => void>()
  #free: number
  #lastRelease = 0

  constructor(size: number, timeoutMs: number) {
    this.#free = size
    this.#timeoutMs = timeoutMs
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await this.#acquire()
    try {
      return await work()
    } finally {
      this.#lastRelease = performance.now()
      const [first] = this.#waiting
      if (first === undefined) this.#free++
      else first()
    }
  }

  /** Resolves when a piece of work that ended passes its place on. */
  #acquire(): Promise<void> {
    const started = performance.now()
    return new Promise((resolve, reject) => {
      let timer = setTimeout(check, this.#timeoutMs, this)
      const enter = () => {
        clearTimeout(timer)
        this.#waiting.delete(enter)
        resolve()
      }
      this.#waiting.add(enter)

      function check(semaphore: Semaphore): void {
        const left =
          Math.max(started, semaphore.#lastRelease) + semaphore.#timeoutMs - performance.now()
        if (left > 0) {
          timer = setTimeout(check, left, semaphore)
          return
        }
        semaphore.#waiting.delete(enter)
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
