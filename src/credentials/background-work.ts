import type { CredentialDirectory, MissingPepper } from './directory.ts'
import { checkPeppers } from './missing-peppers.ts'
import { createRehashQueue, type RehashQueue } from './rehash-queue.ts'
import { createUseRecorder, type LostUses, type UseRecorder } from './use-recorder.ts'

export interface BackgroundWorkOptions {
  readonly directory?: CredentialDirectory
  readonly keyPeppers?: readonly string[]
  readonly onError?: (error: unknown) => void
  readonly onUsesLost?: (lost: LostUses) => void
  readonly onMissingPeppers?: (missing: readonly MissingPepper[]) => void
}

/** The work of an authenticator that no request waits for. */
export interface BackgroundWork {
  /** `null`: there is no directory to write to. */
  readonly uses: UseRecorder | null
  /** `null`: the directory cannot store new hashes. */
  readonly rehashes: RehashQueue | null
  /** Writes what is collected and stops, `watch` first. */
  close(watch: { close(): Promise<void> } | undefined): Promise<void>
}

export function startBackgroundWork(options: BackgroundWorkOptions): BackgroundWork {
  const { keyPeppers = [], onError, onUsesLost, onMissingPeppers } = options
  const directory = options.directory ?? null
  const listener = onError && { onError }
  const stopCheck =
    directory &&
    checkPeppers(directory, {
      peppers: keyPeppers,
      ...(onMissingPeppers && { onMissing: onMissingPeppers }),
      ...listener,
    })
  const uses =
    directory === null
      ? null
      : createUseRecorder({
          write: async (chunk) => (await directory.markUsed(chunk)) ?? [],
          ...listener,
          ...(onUsesLost && { onLost: onUsesLost }),
        })
  const rehashes = directory?.rehash
    ? createRehashQueue({
        write: (batch) => directory.rehash?.(batch) ?? Promise.resolve(),
        ...listener,
      })
    : null
  return {
    uses,
    rehashes,
    async close(watch) {
      stopCheck?.()
      const failures: unknown[] = []
      // A part that fails must not keep the others from writing what they hold.
      for (const part of [watch, rehashes, uses]) {
        await part?.close().catch((error: unknown) => failures.push(error))
      }
      if (failures.length > 0) throw failures[0]
    },
  }
}
