import { readFile } from 'node:fs/promises'
import { UsageError } from './exit-codes.ts'

/**
 * Reads a file with SDL that the command line names.
 *
 * @throws UsageError if it cannot be read
 */
export async function readSdl(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError(`The SDL file ${JSON.stringify(file)} cannot be read (${code}).`)
  }
}
