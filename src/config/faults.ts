export interface Fault {
  readonly variable: string
  /** What is wrong and what to set; never repeats the value. */
  readonly message: string
}

/** The configuration cannot be used: every fault at once. `message` is a list for people. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    const lines = faults.map(({ variable, message }) => `  ${variable} ${message}`)
    super(`The configuration cannot be used:\n${lines.join('\n')}`)
    this.faults = faults
  }
}
