import { readFile, writeFile } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import type { CommandContext } from './command-context.ts'

interface Options {
  readonly check?: boolean
  readonly output?: string
}

export function addSchema(program: Command, context: CommandContext): void {
  program
    .command('schema')
    .description('Print the GraphQL schema as SDL.')
    .addOption(
      new Option('--check', 'fail if the committed schema.graphql differs').conflicts('output'),
    )
    .option('--output <file>', 'write to this file instead of standard output')
    .addHelpText('after', examples)
    .action(async (options: Options) => {
      const sdl = await context.printSchema()
      if (options.check === true) await check(sdl, context)
      else if (options.output !== undefined) await writeFile(options.output, sdl)
      else context.out(sdl)
    })
}

async function check(sdl: string, { schemaFile, note }: CommandContext): Promise<void> {
  const kept = await readFile(schemaFile, 'utf8').catch(() => null)
  if (kept === sdl) return note('schema.graphql is up to date.\n')
  const what = kept === null ? 'is missing' : 'is out of date'
  throw new Error(
    `The file ${schemaFile} ${what}. Run \`npx latchkey schema --output schema.graphql\` and commit it.`,
  )
}

const examples = `
Examples:
  $ latchkey schema
  $ latchkey schema --output schema.graphql
  $ latchkey schema --check`
