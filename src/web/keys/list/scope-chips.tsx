import { Tip } from '../kit/tip.tsx'
import { m } from '../messages/current.ts'

/** The first scopes, and the number of the others, which are named on hover. */
export function ScopeChips({
  scopes,
  max = 2,
}: {
  readonly scopes: readonly string[]
  max?: number
}) {
  // The number takes as much room as one more scope.
  const shown = scopes.length <= max + 1 ? scopes : scopes.slice(0, max)
  const others = scopes.slice(shown.length)
  return (
    <span className="chips">
      {shown.map((scope) => (
        <code key={scope} className="chip">
          {scope}
        </code>
      ))}
      {others.length > 0 && (
        <Tip text={others.join(', ')}>
          <span className="chip-more">
            <span aria-hidden="true">+{others.length}</span>
            <span className="hidden">{m.list.andScopes(others.join(', '))}</span>
          </span>
        </Tip>
      )}
    </span>
  )
}
