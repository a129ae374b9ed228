export interface Fault {
  readonly variable: string
  /** States what is wrong and what to set. It never contains the value. */
  readonly message: string
}

/** The configuration is not valid. `message` lists every fault, one a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    const lines = faults.map(({ variable, message }) => `  ${variable} ${message}`)
    super(`The configuration is not valid:\n${lines.join('\n')}`)
    this.faults = faults
  }
}
