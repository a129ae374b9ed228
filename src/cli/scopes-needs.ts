import { loadConfig } from '../config.ts'
import type { Evaluation } from '../decision/index.ts'
import type { CommandContext } from './command-context.ts'
import { type CreatedKey, createdKeyNotes, createdKeyView } from './created-key.ts'
import { UsageError } from './exit-codes.ts'
import { findUser } from './find-user.ts'
import type { Operation } from './operations/read-operations.ts'
import { answer, table } from './output.ts'
import { readSdl } from './read-sdl.ts'

export interface NeedsOptions {
  readonly schema?: string
  readonly createKey?: string
  readonly owner?: string
  readonly issuer?: string
  readonly expiresIn?: number
  readonly json?: boolean
}

interface Row {
  readonly operation: Operation
  readonly evaluation: Evaluation
}

type Need = Pick<Evaluation, 'authenticated' | 'scopes'>

/** Reports the scopes that each operation and the whole application need. Creates a key with them if asked. */
export async function reportNeeds(
  files: readonly string[],
  options: NeedsOptions,
  context: CommandContext,
): Promise<void> {
  if (options.createKey !== undefined && options.owner === undefined) {
    throw new UsageError('--create-key requires --owner.')
  }
  // The parser of TypeScript takes long to load. Other commands do not need it.
  const [{ operationsIn, refuseFaults }, { isFaulty, needsOf, needsText, schemaOf }, decision] =
    await Promise.all([
      import('./operations/sources.ts'),
      import('./operations/needs.ts'),
      import('../decision/index.ts'),
    ])
  const operations = await operationsIn(files)
  const schema = schemaOf(...(await sdlOf(options, context)))
  const rows: Row[] = []
  const faults: string[] = []
  for (const operation of operations) {
    const needs = needsOf(schema, operation)
    if (isFaulty(needs)) faults.push(...needs)
    else rows.push({ operation, evaluation: needs })
  }
  refuseFaults(faults)
  const evaluations = rows.map(({ evaluation }) => evaluation)
  const application = {
    authenticated: evaluations.some(({ authenticated }) => authenticated),
    scopes: decision.combinedScopes(evaluations),
  }

  const created = await createKeyFor(application.scopes, options, context)
  const json = {
    operations: rows.map(rowJson),
    application,
    ...(created !== null && createdKeyView(created, new Date(context.now()))),
  }
  const report = reportOf(rows, application, needsText)
  // Only the key goes to standard output, so that it can be piped into a secret store.
  if (created !== null) context.note(`${report}\n${createdKeyNotes(created)}`)
  answer(context, options, json, () => (created === null ? report : `${created.secret}\n`))
}

async function sdlOf(
  { schema: file }: NeedsOptions,
  context: CommandContext,
): Promise<[sdl: string, file: string]> {
  if (file === undefined) return [await context.printSchema(), 'schema.graphql']
  return [await readSdl(file), file]
}

function reportOf(rows: readonly Row[], application: Need, textOf: (need: Need) => string): string {
  const lines = rows.map(({ operation: { name, file, line }, evaluation }) => [
    name,
    `${file}:${line}`,
    textOf(evaluation),
  ])
  const all = textOf(application)
  return `${table(['OPERATION', 'FILE', 'SCOPES'], lines)}\nThe application needs: ${all}\n`
}

function rowJson({ operation: { name, file, line }, evaluation }: Row) {
  const { authenticated, scopes, fields } = evaluation
  return {
    name,
    file,
    line,
    authenticated,
    scopes,
    fields: fields.map(({ coordinate }) => coordinate),
  }
}

async function createKeyFor(
  alternatives: readonly (readonly string[])[],
  { createKey: name, owner, issuer, expiresIn }: NeedsOptions,
  context: CommandContext,
): Promise<CreatedKey | null> {
  if (name === undefined || owner === undefined) return null
  const [scopes = []] = alternatives
  if (scopes.length === 0)
    throw new UsageError(
      'No operation needs a scope, so no key was created: a key needs at least one scope.',
    )
  const expiresAt = expiresIn === undefined ? null : new Date(context.now() + expiresIn * 1000)
  return await context.withDatabase(
    loadConfig(context.environment),
    async ({ users, createKey }) => {
      const found = await findUser(users, owner, issuer)
      return { ...(await createKey(found.id, { name, scopes, expiresAt })), owner: found }
    },
  )
}
