import { Link2 } from 'lucide-react'
import { m } from '../messages/current.ts'
import type { Scope } from './queries.ts'
import type { ReplacedKey } from './replaced-key.ts'

/** Says which scopes the link to the form has asked for, and which of them the new key cannot get. */
export function LinkNote(props: {
  readonly wanted: readonly string[]
  readonly scopes: readonly Scope[]
  readonly held: ReadonlySet<string>
  readonly replaced: ReplacedKey | null
}) {
  const { wanted, scopes, held, replaced } = props
  if (wanted.length === 0) return null
  const known = new Set(scopes.map(({ name }) => name))
  const refused = wanted.filter((scope) => known.has(scope) && !held.has(scope))
  const unknown = wanted.filter((scope) => !known.has(scope))
  const missing = refused.length + unknown.length
  return (
    <div className="note" data-tone={missing > 0 ? 'warning' : 'neutral'}>
      <Link2 aria-hidden />
      <p>
        {missing < wanted.length && `${m.create.fromLink} `}
        {replaced !== null && `${m.create.replaces(replaced.name)} `}
        {refused.length > 0 && `${m.create.missing(refused.join(', '))} `}
        {unknown.length > 0 && m.create.unknown(unknown.length)}
      </p>
    </div>
  )
}
