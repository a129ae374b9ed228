import type * as z from 'zod'

/** The definition of an environment variable. */
export interface Definition {
  readonly meaning: string
  /** The text that is parsed when the variable is unset. */
  readonly default?: string
  /** The description of the default. Default: the text of `default`. */
  readonly unset?: string
  readonly read: z.ZodType
  /** The value may come from a file, which `<NAME>_FILE` names: one line, or any text. Default: not. */
  readonly file?: 'line' | 'text'
}
