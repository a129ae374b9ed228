import { type Command, Option } from 'commander'
import { identityKeysPath } from '../config.ts'
import {
  createIdentityKeysFile,
  isWorldReadable,
  readIdentityKeysFile,
  replaceIdentityKeysFile,
} from '../identity/key-file.ts'
import {
  type IdentityAlgorithm,
  type IdentityKeySet,
  IdentityKeysError,
  newIdentityKeys,
  rotateIdentityKeys,
} from '../identity/keys.ts'
import type { CommandContext } from './command-context.ts'
import { answer, table } from './output.ts'

interface Options {
  readonly file?: string
  readonly algorithm?: IdentityAlgorithm
  readonly json?: boolean
}

export function addIdentityKeys(program: Command, context: CommandContext): void {
  const group = program
    .command('identity-keys')
    .description('The keys that sign identity tokens, a private JWK Set in a file.')
    .addHelpText('after', examples)

  command(group, 'new', 'Make the file: a key that signs and the one that will after a rotation.')
    .addOption(algorithm().default('EdDSA'))
    .action((options: Options) => {
      const file = fileOf(options, context)
      try {
        createIdentityKeysFile(file, newIdentityKeys(options.algorithm ?? 'EdDSA'))
      } catch (error) {
        throw new Error(`${file} cannot be made: ${reason(error)}.`)
      }
      show(file, options, context)
      context.note(`Set IDENTITY_KEYS_FILE=${file} on every node.\n`)
    })

  command(group, 'rotate', 'Let the next key sign and publish a new one for the time after.')
    .addOption(algorithm('of the new key; that of the signing key where left out'))
    .action((options: Options) => {
      const file = fileOf(options, context)
      const before = read(file)
      replaceIdentityKeysFile(file, rotateIdentityKeys(before, options.algorithm))
      show(file, options, context)
      const unchanged = read(file).signer.id === before.signer.id
      context.note(
        unchanged
          ? 'The new key is published only. Restart every node, then rotate again to sign with it.\n'
          : 'Restart the nodes one after the other: each of them knows both keys already.\n',
      )
    })

  command(group, 'list', 'Show the keys without their private parts.').action((options: Options) =>
    show(fileOf(options, context), options, context),
  )
}

function command(group: Command, name: string, description: string): Command {
  return group
    .command(name)
    .description(description)
    .option('--file <file>', 'default: IDENTITY_KEYS_FILE, else the one in DATA_DIR')
    .option('--json', 'answer in JSON')
}

function algorithm(description = 'of the keys'): Option {
  return new Option('--algorithm <name>', description).choices(['EdDSA', 'ES256'])
}

function fileOf({ file }: Options, { environment }: CommandContext): string {
  return file ?? identityKeysPath(environment)
}

function read(file: string): IdentityKeySet {
  try {
    return readIdentityKeysFile(file)
  } catch (error) {
    throw new Error(`${file} ${reason(error)}.`)
  }
}

function show(file: string, options: Options, context: CommandContext): void {
  const { signer, keys } = read(file)
  const views = keys.map((key) => ({
    id: key.id,
    algorithm: key.algorithm,
    role: key === signer ? 'signs' : key.privateKey === null ? 'retired' : 'next',
  }))
  answer(context, options, { file, keys: views }, () =>
    table(
      ['ID', 'ALGORITHM', 'ROLE'],
      views.map(({ id, algorithm, role }) => [id, algorithm, role]),
    ),
  )
  if (isWorldReadable(file)) {
    context.note('Every account here may read this file: chmod o-r. Production refuses it.\n')
  }
}

function reason(error: unknown): string {
  if (error instanceof IdentityKeysError) return error.message
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EEXIST') return 'is there already (rotate changes the key that signs)'
  if (code === 'ENOENT') return 'is not there (identity-keys new makes it)'
  return `cannot be read or written${typeof code === 'string' ? ` (${code})` : ''}`
}

const examples = `
Keys are used in turn: next (published), signs, retired (published, for tokens still out).

Examples:
  $ latchkey identity-keys new --file /etc/latchkey/identity-keys.json
  $ latchkey identity-keys rotate
  $ latchkey identity-keys list --json`
