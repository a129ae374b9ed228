import type { Command } from 'commander'
import { describeConfig, loadConfig } from '../config.ts'
import type { CommandContext } from './command-context.ts'
import { workers } from './option-values.ts'
import { abortSignal } from './stop-signal.ts'

interface Options {
  readonly workers: number
  readonly smallHeap?: true
}

export function addServe(program: Command, context: CommandContext): void {
  program
    .command('serve')
    .description('Start the server. SIGTERM and SIGINT stop it once what is in flight is done.')
    .option('--workers <count>', 'serve by that many processes, each a node', workers, 1)
    .option(
      '--small-heap',
      'collect garbage earlier: less memory, for up to a tenth more processor time (sets the V8 flag --heap-growing-percent=50)',
    )
    .addHelpText('after', `${environmentHelp()}\n${examples}`)
    .action(async (options: Options) => {
      const config = loadConfig(context.environment)
      if (options.smallHeap) await context.keepHeapSmall()
      const asked = context.stopSignal()
      const signal = abortSignal(asked)
      const server = await (options.workers === 1
        ? context.startServer(config, signal)
        : context.startWorkers(config, options.workers, signal)
      ).catch((error: unknown) => {
        if (signal.aborted) return null
        throw error
      })
      if (server === null) return
      await asked
      await server.stop()
    })
}

const examples = `
Examples:
  $ latchkey serve
  $ latchkey serve --workers 4
  $ PORT=8080 DATABASE_URL=postgres://latchkey:secret@db/latchkey \\
    JWT_ISSUER=https://id.example.com/ JWT_AUDIENCE=https://api.example.com latchkey serve`

function environmentHelp(): string {
  const lines = describeConfig().map(
    (row) => `  ${row.variable}\n      ${row.meaning}\n      Default: ${row.default}`,
  )
  return `\nEnvironment:\n${lines.join('\n')}`
}
