import { KeyRound } from 'lucide-react'
import { useCallback, useRef, useState } from 'react'
import { useQuery } from 'urql'
import { type CreatedKey, NewSecret } from '../create/new-secret.tsx'
import { failureOf } from '../graphql/failure.ts'
import { ButtonLink } from '../kit/button.tsx'
import { ErrorState, Skeleton } from '../kit/states.tsx'
import { useLiveKeys } from '../live/use-live-keys.ts'
import { m } from '../messages/current.ts'
import { EmptyPage, Page } from '../shell/page.tsx'
import { KeyScreen } from './key-screen.tsx'
import { KeyQuery } from './queries.ts'

/** One key. After a rotation it shows the new secret, which is in the state of this component alone. */
export default function KeyDetails({ params }: { readonly params: { readonly id: string } }) {
  const { id } = params
  const [{ data, error, fetching }, reload] = useQuery({
    query: KeyQuery,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const [rotated, setRotated] = useState<CreatedKey | null>(null)
  const retry = useCallback(() => reload({ requestPolicy: 'network-only' }), [reload])
  useLiveKeys(retry)
  const failure = fetching ? null : failureOf(error)
  const shown = useLast(data, id)

  if (rotated !== null) {
    return (
      <NewSecret
        created={rotated}
        title={m.details.rotatedTitle(rotated.name)}
        next={`/${id}`}
        onLeave={() => setRotated(null)}
      />
    )
  }
  if (shown === undefined) {
    return (
      <Page title={m.list.title} up={{ href: '/', label: m.list.title }}>
        {failure === null ? <Loading /> : <ErrorState failure={failure} onRetry={retry} />}
      </Page>
    )
  }
  if (shown.apiKey === null) return <Missing />
  return (
    <KeyScreen
      key={id}
      apiKey={shown.apiKey}
      held={new Set(shown.viewer?.scopes)}
      isOwn={shown.viewer?.user.id === shown.apiKey.owner.id}
      failure={failure}
      onRotated={setRotated}
    />
  )
}

/** Returns the last data of the key, so that a failed reload does not close what the person is filling in. */
function useLast<T extends { readonly apiKey: { readonly id: string } | null }>(
  data: T | undefined,
  id: string,
): T | undefined {
  const last = useRef<T>(undefined)
  if (data !== undefined) last.current = data
  return data ?? (last.current?.apiKey?.id === id ? last.current : undefined)
}

function Missing() {
  return (
    <EmptyPage
      icon={<KeyRound aria-hidden />}
      title={m.details.missingTitle}
      action={<ButtonLink href="/">{m.notFound.action}</ButtonLink>}
    >
      {m.details.missingText}
    </EmptyPage>
  )
}

function Loading() {
  return (
    <div className="card form-skeleton" role="status">
      <span className="hidden">{m.loading}</span>
      <Skeleton width="40%" />
      <Skeleton />
      <Skeleton width="70%" />
    </div>
  )
}
