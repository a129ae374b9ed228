import { Link2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { useSearchParams } from 'wouter'
import { linkedScopes } from '../create/linked-scopes.ts'
import { ScopesQuery } from '../create/queries.ts'
import { replacementPath } from '../create/replaced-key.ts'
import { useAction } from '../graphql/use-action.ts'
import { useQuery } from '../graphql/use-query.ts'
import { Button, ButtonLink } from '../kit/button.tsx'
import { originText } from '../kit/origin.ts'
import { FailureNote } from '../kit/states.tsx'
import { RelativeTime } from '../kit/time.tsx'
import { toast } from '../kit/toasts.tsx'
import { m } from '../messages/current.ts'
import { isAddable } from './addable.ts'
import { type KeyDetails, UpdateKeyMutation } from './queries.ts'

/** Shows the scopes that a link asks for, as in `?add=read:users%20write:users`. Only the person adds them. */
export function AskedScopes(props: {
  readonly apiKey: KeyDetails
  readonly held: ReadonlySet<string>
  /** Whether the person may change the key, and create another one. */
  readonly mayWrite: boolean
}) {
  const { apiKey, held, mayWrite } = props
  const [asked, clear] = useAskedScopes()
  const { run, isPending, failure } = useAction(UpdateKeyMutation, () => {
    toast(m.details.added(added.length))
    clear()
  })
  const [{ data }] = useQuery({ query: ScopesQuery, pause: asked.length === 0 })
  // A link may name anything: what is no scope of this server is counted, and not shown.
  const known = new Set(data?.scopes.map(({ name }) => name))
  const present = asked.filter((scope) => apiKey.scopes.includes(scope))
  const unknown = asked.filter((scope) => !known.has(scope) && !present.includes(scope))
  const missing = asked.filter((scope) => known.has(scope) && !apiKey.scopes.includes(scope))
  const fixed = missing.filter((scope) => !isAddable(scope))
  const notHeld = missing.filter((scope) => isAddable(scope) && !held.has(scope))
  const added = missing.filter((scope) => isAddable(scope) && held.has(scope))
  const isRotating = apiKey.previousSecret !== null
  if (asked.length === 0 || data === undefined) return null
  if (apiKey.status !== 'ACTIVE') {
    const scopes = [...new Set([...apiKey.scopes, ...missing])].sort()
    return (
      <Ended
        id={apiKey.id}
        status={apiKey.status}
        scopes={scopes}
        mayReplace={mayWrite}
        onDismiss={clear}
      />
    )
  }

  return (
    <Card>
      <p className="muted">{m.details.askedText}</p>
      {added.length > 0 && <Scopes names={added} />}
      <LastUse apiKey={apiKey} />
      {present.length > 0 && (
        <p>
          {m.details.askedHeld} <code>{present.join(', ')}</code>
        </p>
      )}
      {notHeld.length > 0 && <p>{m.details.askedNotHeld(notHeld.join(', '))}</p>}
      {fixed.length > 0 && <p>{m.details.askedFixed(fixed.join(', '))}</p>}
      {unknown.length > 0 && <p>{m.create.unknown(unknown.length)}</p>}
      {isRotating && added.length > 0 && <p>{m.details.addWhileRotating}</p>}
      <FailureNote failure={failure} />
      <div className="asked-actions">
        {mayWrite && added.length > 0 && (
          <Button
            look="primary"
            isPending={isPending}
            isDisabled={isRotating}
            onPress={() => void run({ input: { id: apiKey.id, addScopes: added } })}
          >
            {m.details.add(added.length)}
          </Button>
        )}
        <Button onPress={clear}>{m.details.askedDismiss}</Button>
      </div>
    </Card>
  )
}

/** Nothing can be added to a key that is revoked or has expired. A new key takes its place. */
function Ended(props: {
  readonly id: string
  readonly status: 'REVOKED' | 'EXPIRED'
  /** The scopes of the key, and those that the link asks for. */
  readonly scopes: readonly string[]
  readonly mayReplace: boolean
  readonly onDismiss: () => void
}) {
  const { id, status, scopes, mayReplace, onDismiss } = props
  return (
    <Card>
      <p>{m.details.askedEnded[status]}</p>
      {mayReplace && (
        <>
          <p className="muted">{m.details.askedReplace}</p>
          <Scopes names={scopes} />
        </>
      )}
      <div className="asked-actions">
        {mayReplace && (
          <ButtonLink look="primary" href={replacementPath({ id, scopes })}>
            {m.details.askedNewKey}
          </ButtonLink>
        )}
        <Button onPress={onDismiss}>{m.details.askedDismiss}</Button>
      </div>
    </Card>
  )
}

function Card({ children }: { readonly children: ReactNode }) {
  return (
    <section className="card asked" aria-labelledby="asked">
      <span className="empty-icon">
        <Link2 aria-hidden />
      </span>
      <div className="asked-text">
        <h2 id="asked">{m.details.askedTitle}</h2>
        {children}
      </div>
    </section>
  )
}

function LastUse({ apiKey }: { readonly apiKey: KeyDetails }) {
  const { lastUsedAt, lastUsedFrom } = apiKey
  if (lastUsedAt === null) return <p>{m.details.askedNeverUsed}</p>
  return (
    <p>
      {m.details.askedUsed} <RelativeTime at={lastUsedAt} /> <bdi>{originText(lastUsedFrom)}</bdi>
    </p>
  )
}

function Scopes({ names }: { readonly names: readonly string[] }) {
  return (
    <ul className="chips">
      {names.map((scope) => (
        <li key={scope}>
          <code className="chip">{scope}</code>
        </li>
      ))}
    </ul>
  )
}

function useAskedScopes(): readonly [readonly string[], () => void] {
  const [parameters, setParameters] = useSearchParams()
  const asked = linkedScopes(parameters.get('add'))
  return [asked, () => setParameters(new URLSearchParams(), { replace: true })]
}
