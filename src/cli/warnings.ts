import type { CommandContext } from './command-context.ts'
import { onOneLine } from './output.ts'

/**
 * Prints the warnings of the configuration, such as ignored parameters of a connection string, when a
 * command connects to the database. `serve` writes them to the log.
 */
export function withWarnings(context: CommandContext): CommandContext {
  function note({ warnings }: { readonly warnings: readonly string[] }): void {
    for (const warning of warnings) context.note(`latchkey: warning: ${onOneLine(warning)}\n`)
  }
  return {
    ...context,
    withDatabase(config, use) {
      note(config)
      return context.withDatabase(config, use)
    },
    withMigrations(target, options, use) {
      note(target)
      return context.withMigrations(target, options, use)
    },
  }
}
