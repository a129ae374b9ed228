import { m } from '../messages/current.ts'
import { RelativeTime } from './time.tsx'

/** The last use of a key, in words that need no label. */
export function LastUse({ at }: { readonly at: string | null }) {
  if (at === null) return m.list.neverUsed
  return (
    <>
      {m.list.lastUsed} <RelativeTime at={at} />
    </>
  )
}
