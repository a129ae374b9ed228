import { type Command, Option } from 'commander'
import type { CommandContext } from './command-context.ts'
import { UsageError } from './exit-codes.ts'
import { durationSeconds } from './option-values.ts'
import { compareSchemas, type DiffOptions } from './scopes-diff.ts'
import { type NeedsOptions, reportNeeds } from './scopes-needs.ts'

export function addScopes(program: Command, context: CommandContext): void {
  program
    .command('scopes')
    .description('Say which scopes the operations of an application need.')
    .argument('[files...]', 'files, folders or globs with GraphQL in them; default: all below here')
    .option('--schema <file>', "SDL to go by instead of this server's own")
    .addOption(
      new Option('--create-key <name>', 'make a key of just those scopes').conflicts('diff'),
    )
    .option('--owner <user>', 'whose key: id or subject')
    .option('--issuer <issuer>', 'of the owner, where several have that subject')
    .option('--expires-in <duration>', 'how long the key lives, such as 90d', durationSeconds)
    .addOption(
      new Option(
        '--diff',
        'the first two files are an old and a new SDL: say what needs more',
      ).conflicts('schema'),
    )
    .option('--keys', 'with --diff: also the active keys that the change would break')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples)
    .action(
      async (
        files: readonly string[],
        options: NeedsOptions & DiffOptions & { readonly diff?: boolean },
      ) => {
        if (options.keys === true && options.diff !== true) {
          throw new UsageError('--keys goes with --diff.')
        }
        if (options.diff === true) await compareSchemas(files, options, context)
        else await reportNeeds(files, options, context)
      },
    )
}

const examples = `
GraphQL is read from .graphql and .gql files, and in TypeScript and JavaScript from templates tagged
or called with gql or graphql or following a comment GraphQL. Any one of the sets joined by "or" will do; --create-key
takes the first. With --diff the exit code is 1 when an operation needs more.

Examples:
  $ latchkey scopes src
  $ latchkey scopes 'src/**/*.tsx' --create-key storefront --owner ada --expires-in 90d
  $ latchkey scopes --diff old.graphql schema.graphql src --keys`
