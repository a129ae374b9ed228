import type { Command } from 'commander'
import { loadConfig } from '../config.ts'
import type { CommandContext } from './command-context.ts'
import { answer } from './output.ts'

interface Options {
  readonly json?: boolean
}

export function addMigrate(program: Command, context: CommandContext): void {
  program
    .command('migrate')
    .description('Bring the database up to date. Any number may do so at once.')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples)
    .action(async (options: Options) => {
      const done: string[] = []
      await context.migrate(loadConfig(context.environment), (text) => done.push(text))
      answer(context, options, { upToDate: true, done }, () =>
        [...done, 'The database is up to date.'].map((line) => `${line}\n`).join(''),
      )
    })
}

const examples = `
Examples:
  $ latchkey migrate
  $ DATABASE_URL=postgres://latchkey:secret@db/latchkey latchkey migrate`
