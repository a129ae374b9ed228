import type { Command } from 'commander'
import { describeConfig, loadConfig } from '../config.ts'
import type { CommandContext } from './command-context.ts'

export function addServe(program: Command, context: CommandContext): void {
  program
    .command('serve')
    .description('Start the server. SIGTERM and SIGINT stop it once what is in flight is done.')
    .addHelpText('after', `${environmentHelp()}\n${examples}`)
    .action(async () => {
      const config = loadConfig(context.environment)
      const stopSignal = context.stopSignal()
      const server = await context.startServer(config)
      await stopSignal
      await server.stop()
    })
}

const examples = `
Examples:
  $ latchkey serve
  $ PORT=8080 DATABASE_URL=postgres://latchkey:secret@db/latchkey \\
    JWT_ISSUER=https://id.example.com/ JWT_AUDIENCE=https://api.example.com latchkey serve`

function environmentHelp(): string {
  const lines = describeConfig().map(
    (row) => `  ${row.variable}\n      ${row.meaning}\n      Default: ${row.default}`,
  )
  return `\nEnvironment:\n${lines.join('\n')}`
}
