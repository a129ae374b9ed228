import type { Command } from 'commander'
import { describeConfig, loadConfig } from '../config.ts'
import type { CommandContext } from './command-context.ts'
import { workers } from './option-values.ts'

interface Options {
  readonly workers: number
}

export function addServe(program: Command, context: CommandContext): void {
  program
    .command('serve')
    .description('Start the server. SIGTERM and SIGINT stop it once what is in flight is done.')
    .option('--workers <count>', 'serve by that many processes, each a node', workers, 1)
    .addHelpText('after', `${environmentHelp()}\n${examples}`)
    .action(async (options: Options) => {
      const config = loadConfig(context.environment)
      const stopSignal = context.stopSignal()
      const server =
        options.workers === 1
          ? await context.startServer(config)
          : await context.startWorkers(config, options.workers)
      await stopSignal
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
