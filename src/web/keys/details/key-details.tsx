import { KeyRound } from 'lucide-react'
import { useState } from 'react'
import { type CreatedKey, NewSecret } from '../create/new-secret.tsx'
import { useQuery } from '../graphql/use-query.ts'
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
  const [{ data, failure }, reload] = useQuery({
    query: KeyQuery,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const [rotated, setRotated] = useState<CreatedKey | null>(null)
  useLiveKeys(reload)

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
  if (data === undefined || failure !== null) {
    return (
      <Page title={m.list.title} up={{ href: '/', label: m.list.title }}>
        {failure === null ? <Loading /> : <ErrorState failure={failure} onRetry={reload} />}
      </Page>
    )
  }
  if (data.apiKey === null) return <Missing />
  return (
    <KeyScreen
      key={id}
      apiKey={data.apiKey}
      held={new Set(data.viewer?.scopes)}
      isOwn={data.viewer?.user.id === data.apiKey.owner.id}
      onRotated={setRotated}
    />
  )
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
