import { resolve } from 'node:path'
import { UsageError } from '../exit-codes.ts'
import { type Operation, readOperations } from './read-operations.ts'
import { findSources } from './source-files.ts'

/**
 * Every operation in the files that `patterns` name.
 *
 * @throws UsageError when there is none
 * @throws Error with every fault in the sources
 */
export async function operationsIn(patterns: readonly string[]): Promise<readonly Operation[]> {
  const folder = resolve('.')
  const files = await findSources(patterns, folder)
  const { operations, faults } = await readOperations(files, folder)
  refuseFaults(faults)
  if (operations.length === 0) throw new UsageError('The sources have no GraphQL operation.')
  return operations
}

/** What cannot be read would be left out of what is needed, which would then be too little. */
export function refuseFaults(faults: readonly string[]): void {
  if (faults.length === 0) return
  throw new Error(`The sources have faults:\n${faults.map((fault) => `  ${fault}`).join('\n')}`)
}
