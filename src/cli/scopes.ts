import { type Command, Option } from 'commander'
import type { CommandContext } from './command-context.ts'
import { UsageError } from './exit-codes.ts'
import { durationSeconds } from './option-values.ts'
import { compareSchemas, type DiffOptions } from './scopes-diff.ts'
import { type NeedsOptions, reportNeeds } from './scopes-needs.ts'

export function addScopes(program: Command, context: CommandContext): void {
  program
    .command('scopes')
    .description('Show the scopes that the GraphQL operations of an application need.')
    .argument(
      '[files...]',
      'files, folders or globs with GraphQL operations (default: the current folder)',
    )
    .option('--schema <file>', "the SDL of the schema (default: this server's own)")
    .addOption(
      new Option(
        '--create-key <name>',
        'create an API key with exactly these scopes; requires --owner',
      ).conflicts('diff'),
    )
    .option('--owner <user>', 'the owner of the key: id or subject of a user')
    .option('--issuer <issuer>', 'the issuer of the owner, if several issuers have that subject')
    .option('--expires-in <duration>', 'the lifetime of the key, such as 90d', durationSeconds)
    .addOption(
      new Option(
        '--diff',
        'compare two schemas: the first two files are the old and the new SDL',
      ).conflicts('schema'),
    )
    .option('--keys', 'with --diff: also list the active keys that the change would break')
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(
      async (
        files: readonly string[],
        options: NeedsOptions & DiffOptions & { readonly diff?: boolean },
      ) => {
        if (options.keys === true && options.diff !== true) {
          throw new UsageError('--keys requires --diff.')
        }
        if (options.diff === true) await compareSchemas(files, options, context)
        else await reportNeeds(files, options, context)
      },
    )
}

const examples = `
Operations are read from .graphql and .gql files, and from TypeScript and JavaScript: template literals
that are tagged with gql or graphql, are the argument of a function of that name, or follow the comment
/* GraphQL */. Scope sets joined by "or" are alternatives: any one is enough, and --create-key takes the
first. With --diff the exit code is 1 if an operation needs more scopes or is no longer valid.

Examples:
  $ latchkey scopes src
  $ latchkey scopes 'src/**/*.tsx' --create-key storefront --owner ada --expires-in 90d
  $ latchkey scopes --diff old.graphql schema.graphql src --keys`
