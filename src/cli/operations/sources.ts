import { resolve } from 'node:path'
import { UsageError } from '../exit-codes.ts'
import { type Operation, readOperations } from './read-operations.ts'
import { findSources } from './source-files.ts'

/**
 * Reads every operation in the files that match `patterns`.
 *
 * @throws UsageError when a pattern matches no file, or no file has an operation
 * @throws Error with every fault in the sources
 */
export async function operationsIn(patterns: readonly string[]): Promise<readonly Operation[]> {
  const folder = resolve('.')
  const files = await findSources(patterns, folder)
  const { operations, faults } = await readOperations(files, folder)
  refuseFaults(faults)
  if (operations.length === 0)
    throw new UsageError('The source files contain no GraphQL operation.')
  return operations
}

/** Without the operations that cannot be read, the reported scopes would be too few. */
export function refuseFaults(faults: readonly string[]): void {
  if (faults.length === 0) return
  throw new Error(
    `The source files contain faults:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
  )
}
