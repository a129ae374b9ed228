import { type Command, Option } from 'commander'
import { migrationTarget } from '../config.ts'
import type { MigrateOptions, Migrations } from '../db/migrate.ts'
import { inSchema } from '../db/migrations/in-schema.ts'
import { requireKnownSchema, type SchemaState } from '../db/migrations/schema-state.ts'
import type { CommandContext } from './command-context.ts'
import { exitCodes, PendingMigrationsError } from './exit-codes.ts'
import { schemaName } from './option-values.ts'
import { answer, onOneLine, table } from './output.ts'
import { abortSignal } from './stop-signal.ts'

interface Options {
  readonly url?: string
  readonly schema?: string
  readonly status?: boolean
  readonly dryRun?: boolean
  readonly grant?: string
  readonly json?: boolean
}

export function addMigrate(program: Command, context: CommandContext): void {
  program
    .command('migrate')
    .description(
      'Migrate the database to the schema of this version, all or nothing. Several processes may run it at once: one migrates, the others wait. No JWT issuer is needed.',
    )
    .option('--url <url>', 'the connection string of the database (default: DATABASE_URL)')
    .addOption(
      new Option(
        '--schema <name>',
        'the Postgres schema with the tables, as an application passes it to connectLatchkey (default: DATABASE_SCHEMA, or latchkey)',
      ).argParser(schemaName),
    )
    .addOption(
      new Option(
        '--status',
        `list the migrations and their states, without changes. Exit code ${exitCodes.pending}: migrations are pending; ${exitCodes.configuration}: this version cannot use the schema`,
      ),
    )
    .addOption(
      new Option('--dry-run', 'print the SQL of the pending migrations, without changes').conflicts(
        ['status', 'grant'],
      ),
    )
    .addOption(
      new Option(
        '--grant <role>',
        'after the migration, grant this role exactly the rights that the server needs with MIGRATE=off. A missing role is created without a password',
      ).conflicts('status'),
    )
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(async (options: Options) => {
      const target = migrationTarget(context.environment, options.url)
      const done: string[] = []
      const settings: MigrateOptions = {
        ...(options.schema !== undefined && { schema: options.schema }),
        log: (text) => done.push(text),
        onWait: (text) => context.note(`${onOneLine(text)}\n`),
        signal: abortSignal(context.stopSignal()),
      }
      await context.withMigrations(target, settings, async (migrations) => {
        if (options.status === true) await showStatus(migrations, options, context)
        else if (options.dryRun === true) await showSql(migrations, options, context)
        else await apply(migrations, done, options, context)
      })
    })
}

async function apply(
  migrations: Migrations,
  done: string[],
  options: Options,
  context: CommandContext,
): Promise<void> {
  await migrations.apply()
  if (options.grant !== undefined) {
    const { role, created } = await migrations.grant(options.grant).catch((error: unknown) => {
      // The migrations are committed even if the grant fails.
      for (const line of done) context.note(`${onOneLine(line)}\n`)
      throw error
    })
    if (created)
      done.push(`Created the role ${role} with the right to log in. It has no password yet.`)
    done.push(`Granted ${role} the rights that the server needs.`)
  }
  answer(context, options, { upToDate: true, done }, () =>
    [...done, 'The database is up to date.'].map((line) => `${onOneLine(line)}\n`).join(''),
  )
}

type State = 'applied' | 'pending' | 'missing' | 'compatible' | 'incompatible'

async function showStatus(
  { readState }: Migrations,
  options: Options,
  context: CommandContext,
): Promise<void> {
  const state = await readState()
  const migrations = listed(state)
  const upToDate = migrations.every(({ state }) => state === 'applied' || state === 'compatible')
  answer(context, options, { upToDate, migrations }, () =>
    table(
      ['MIGRATION', 'STATE'],
      migrations.map(({ name, state }) => [name, explained[state]]),
    ),
  )
  requireKnownSchema(state)
  if (state.pending.length > 0) {
    throw new PendingMigrationsError(state.pending.length, state.schema.migrateCommand)
  }
}

interface Listed {
  readonly name: string
  readonly hash: string
  readonly state: State
}

function listed({ applied, pending, missing, newer, incompatible }: SchemaState): Listed[] {
  const known = [
    ...applied.map(({ name, hash }) => ({ name, hash, state: 'applied' as const })),
    ...missing.map(({ name, hash }) => ({ name, hash, state: 'missing' as const })),
    ...pending.map(({ name, hash }) => ({ name, hash, state: 'pending' as const })),
  ].sort((a, b) => (a.name < b.name ? -1 : 1))
  const unknown = newer.map((row) => ({
    name: row.name ?? row.hash.slice(0, 12),
    hash: row.hash,
    state: incompatible.includes(row) ? ('incompatible' as const) : ('compatible' as const),
  }))
  return [...known, ...unknown]
}

const explained: Readonly<Record<State, string>> = {
  applied: 'applied',
  pending: 'pending',
  missing: 'MISSING, although a later migration is applied',
  compatible: 'applied by a newer version; this version can use it',
  incompatible: 'applied by a newer version; this version CANNOT use it',
}

async function showSql(
  { readState }: Migrations,
  options: Options,
  context: CommandContext,
): Promise<void> {
  const state = await readState()
  requireKnownSchema(state)
  const migrations = state.pending.map(({ name, text }) => ({
    name,
    sql: inSchema(text, state.schema),
  }))
  answer(context, options, { migrations }, () =>
    migrations.map(({ name, sql }) => `-- ${name}.sql\n${sql.trimEnd()}\n\n`).join(''),
  )
  if (migrations.length === 0) context.note('The database is up to date.\n')
}

const examples = `
To run the server as a role with few rights (MIGRATE=off): run migrate --grant as the role that owns the
schema, then give the new role a password. Run migrate --grant again after each upgrade.

Examples:
  $ latchkey migrate
  $ latchkey migrate --status --json
  $ latchkey migrate --dry-run
  $ DATABASE_URL=postgres://owner:secret@db/latchkey latchkey migrate --grant latchkey_server`
