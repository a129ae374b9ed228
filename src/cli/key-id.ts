import { keyIdSyntax, keyPrefixSyntax } from '../key-syntax.ts'
import { UsageError } from './exit-codes.ts'

const keyOrStart = new RegExp(`^${keyPrefixSyntax}_(${keyIdSyntax})(?:_|$)`)

/** @throws UsageError where the text is a whole key, or the start of one, and not its id */
export function refuseWholeKey(text: string): void {
  const [, id] = keyOrStart.exec(text) ?? []
  if (id !== undefined) {
    throw new UsageError(
      `Name the key by its id, ${id}, which is the part between the two underscores.`,
    )
  }
}
