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
    .description(
      'Create, rotate and list the keys that sign identity tokens: a file with a private JWK Set.',
    )
    .addHelpText('after', examples)

  command(
    group,
    'new',
    'Create the file with two keys: one that signs, and the next one, which signs after a rotation.',
  )
    .addOption(algorithm().default('EdDSA'))
    .action((options: Options) => {
      const file = fileOf(options, context)
      try {
        createIdentityKeysFile(file, newIdentityKeys(options.algorithm ?? 'EdDSA'))
      } catch (error) {
        throw new Error(`The file ${file} was not created: it ${reason(error)}.`)
      }
      show(file, options, context)
      context.note(`Set IDENTITY_KEYS_FILE=${file} on every node.\n`)
    })

  command(
    group,
    'rotate',
    'Sign with the next key, and publish a new key for the rotation after this one.',
  )
    .addOption(algorithm('the algorithm of the new key (default: that of the key that signs)'))
    .action((options: Options) => {
      const file = fileOf(options, context)
      const before = read(file)
      replaceIdentityKeysFile(file, rotateIdentityKeys(before, options.algorithm))
      show(file, options, context)
      const unchanged = read(file).signer.id === before.signer.id
      context.note(
        unchanged
          ? 'The new key is published and does not sign yet. Send SIGHUP to every node, then rotate again to sign with it.\n'
          : 'Send SIGHUP to every node to sign with the new key. Every node already publishes both keys.\n',
      )
    })

  command(group, 'list', 'List the keys, without their private parts.').action((options: Options) =>
    show(fileOf(options, context), options, context),
  )
}

function command(group: Command, name: string, description: string): Command {
  return group
    .command(name)
    .description(description)
    .option(
      '--file <file>',
      'the file of the keys (default: IDENTITY_KEYS_FILE, otherwise the file in DATA_DIR)',
    )
    .option('--json', 'print JSON')
}

function algorithm(description = 'the algorithm of the keys'): Option {
  return new Option('--algorithm <name>', description).choices(['EdDSA', 'ES256'])
}

function fileOf({ file }: Options, { environment }: CommandContext): string {
  return file ?? identityKeysPath(environment)
}

function read(file: string): IdentityKeySet {
  try {
    return readIdentityKeysFile(file)
  } catch (error) {
    throw new Error(`The file ${file} ${reason(error)}.`)
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
    context.note(
      'Every account on this machine may read this file. Run chmod o-r on it: production refuses it otherwise.\n',
    )
  }
}

function reason(error: unknown): string {
  if (error instanceof IdentityKeysError) return error.message
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EEXIST') return 'exists already (identity-keys rotate changes the key that signs)'
  if (code === 'ENOENT') return 'does not exist (identity-keys new creates it)'
  return `cannot be read or written${typeof code === 'string' ? ` (${code})` : ''}`
}

const examples = `
The role of a key is next (published only), then signs, then retired (published for tokens that are
still valid).

Examples:
  $ latchkey identity-keys new --file /etc/latchkey/identity-keys.json
  $ latchkey identity-keys rotate
  $ latchkey identity-keys list --json`
