import { loadConfig } from '../config.ts'
import type { Evaluation } from '../decision/index.ts'
import type { CommandContext } from './command-context.ts'
import { UsageError } from './exit-codes.ts'
import type { BrokenKey, Change } from './operations/broken-keys.ts'
import type { Operation } from './operations/read-operations.ts'
import { answer, table } from './output.ts'
import { readSdl } from './read-sdl.ts'

export interface DiffOptions {
  readonly keys?: boolean
  readonly json?: boolean
}

interface Comparison {
  readonly operation: Operation
  /** `null`: the operation is not valid under the old schema. */
  readonly before: Evaluation | null
  readonly after: Evaluation | readonly string[]
}

/**
 * Reports the operations that need more scopes under the second schema than under the first.
 *
 * @throws Error when there are some, or when an operation is no longer valid
 */
export async function compareSchemas(
  [oldFile, newFile, ...files]: readonly string[],
  options: DiffOptions,
  context: CommandContext,
): Promise<void> {
  if (oldFile === undefined || newFile === undefined) {
    throw new UsageError(
      '--diff requires two SDL files: latchkey scopes --diff OLD NEW [files...].',
    )
  }
  const [{ operationsIn }, { isFaulty, needsMore, needsOf, needsText, schemaOf }] =
    await Promise.all([import('./operations/sources.ts'), import('./operations/needs.ts')])
  const read = async (file: string) => schemaOf(await readSdl(file), file)
  const [oldSchema, newSchema] = [await read(oldFile), await read(newFile)]
  const compared = (await operationsIn(files)).map((operation): Comparison => {
    const before = needsOf(oldSchema, operation)
    return {
      operation,
      before: isFaulty(before) ? null : before,
      after: needsOf(newSchema, operation),
    }
  })

  const changes = compared.flatMap(({ operation, before, after }) =>
    before !== null && !isFaulty(after) && needsMore(before, after)
      ? [{ operation, name: operation.name, before, after }]
      : [],
  )
  const invalid = compared.flatMap(({ operation, after }) =>
    isFaulty(after) ? [{ operation, errors: after }] : [],
  )
  const brokenKeys = options.keys === true ? await keysBrokenBy(changes, context) : null

  const json = {
    needMore: changes.map(({ operation, before, after }) => ({
      ...locationOf(operation),
      before: view(before),
      after: view(after),
    })),
    invalid: invalid.map(({ operation, errors }) => ({ ...locationOf(operation), errors })),
    ...(brokenKeys !== null && { brokenKeys: brokenKeys.map(keyJson) }),
  }
  answer(context, options, json, () => {
    const rows = changes.map(({ operation, before, after }) => [
      operation.name,
      `${operation.file}:${operation.line}`,
      needsText(before),
      needsText(after),
    ])
    return [
      rows.length === 0
        ? 'No operation needs more scopes.\n'
        : table(['OPERATION', 'FILE', 'NEEDED BEFORE', 'NEEDS NOW'], rows),
      ...invalid.flatMap(({ errors }) => errors.map((error) => `${error}\n`)),
      brokenKeys === null ? '' : `\n${keyText(brokenKeys)}`,
    ].join('')
  })
  const breaking = changes.length + invalid.length
  if (breaking > 0)
    throw new Error(
      `${breaking} of ${compared.length} operations would break: they need more scopes or are no longer valid.`,
    )
}

async function keysBrokenBy(
  changes: readonly Change[],
  context: CommandContext,
): Promise<readonly BrokenKey[]> {
  if (changes.length === 0) return []
  const { findBrokenKeys } = await import('./operations/broken-keys.ts')
  return await context.withDatabase(loadConfig(context.environment), (database) =>
    findBrokenKeys(database, changes, new Date(context.now())),
  )
}

function keyText(keys: readonly BrokenKey[]): string {
  if (keys.length === 0) return 'The change breaks no active key.\n'
  const rows = keys.map(({ key, owner, missing, operations }) => [
    key.id,
    key.name,
    owner.subject,
    missing.join(' '),
    operations.join(', '),
  ])
  return table(['KEY', 'NAME', 'OWNER', 'MISSING SCOPES', 'OPERATIONS'], rows)
}

function keyJson({ key, owner, missing, operations }: BrokenKey) {
  return { id: key.id, name: key.name, ownerId: owner.id, missing, operations }
}

function locationOf({ name, file, line }: Operation) {
  return { name, file, line }
}

function view({ authenticated, scopes }: Evaluation) {
  return { authenticated, scopes }
}
