import type { Command } from 'commander'
import { describeConfig, loadConfig } from '../config.ts'
import type { CommandContext } from './command-context.ts'
import { port, workers } from './option-values.ts'
import { abortSignal } from './stop-signal.ts'

interface Options {
  readonly port?: number
  readonly workers: number
  readonly smallHeap?: true
}

export function addServe(program: Command, context: CommandContext): void {
  program
    .command('serve')
    .description(
      'Start the server. On SIGTERM or SIGINT it finishes the requests under way and stops. On SIGHUP it reads the identity keys, SCOPES_FILE and the issuers again.',
    )
    .option('--port <port>', 'the port to listen on, instead of PORT; 0 for any free port', port)
    .option(
      '--workers <count>',
      'the number of worker processes, 1 to 64; each is a node of its own',
      workers,
      1,
    )
    .option(
      '--small-heap',
      'use less memory and up to 10% more processor time: garbage is collected earlier (V8 flag --heap-growing-percent=50)',
    )
    .addHelpText('after', ({ command }) => `${environmentHelp(command)}\n${examples}`)
    .action(async (options: Options) => {
      const { port } = options
      const read = () =>
        loadConfig({
          ...context.environment,
          ...(port !== undefined && { PORT: String(port) }),
        })
      const config = read()
      if (options.smallHeap) await context.limitHeapGrowth()
      let isReloadDue = false
      let reload = () => {
        isReloadDue = true
      }
      const delayMs = config.shutdownDelaySeconds * 1000
      const stopped = context.stopSignal({ delayMs, onReload: () => reload() })
      const signal = abortSignal(stopped)
      const server = await (options.workers === 1
        ? context.startServer(config, signal)
        : context.startWorkers(config, options.workers, signal)
      ).catch((error: unknown) => {
        if (signal.aborted) return null
        throw error
      })
      if (server === null) return
      reload = () => void server.reload(read)
      // The files may have changed after the start read them.
      if (isReloadDue) reload()
      await stopped
      await server.stop()
    })
}

const examples = `
Examples:
  $ latchkey serve
  $ latchkey serve --port 8080 --workers 4
  $ PORT=8080 DATABASE_URL=postgres://latchkey:secret@db/latchkey \\
    JWT_ISSUER=https://id.example.com/ JWT_AUDIENCE=https://api.example.com latchkey serve`

const indent = ' '.repeat(6)

/** Describes the environment variables in lines as wide as those of the options above. */
function environmentHelp(command: Command): string {
  const width = command.configureOutput().getOutHelpWidth?.() ?? 80
  const help = command.createHelp()
  const indented = (text: string) =>
    help.boxWrap(text, width - indent.length).replaceAll(/^/gm, indent)
  const rows = describeConfig()
  const topics = new Set(rows.map(({ topic }) => topic))
  return [...topics]
    .map((topic) => {
      const lines = rows
        .filter((row) => row.topic === topic)
        .map(
          (row) =>
            `  ${row.variable}\n${indented(row.meaning)}\n${indented(`Default: ${row.default}`)}`,
        )
      return `\nEnvironment variables: ${topic}\n${lines.join('\n')}`
    })
    .join('\n')
}
