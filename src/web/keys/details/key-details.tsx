import { KeyRound } from 'lucide-react'
import { useDeferredValue, useState } from 'react'
import { type CreatedKey, NewSecret } from '../create/created-key.ts'
import { useQuery } from '../graphql/use-query.ts'
import { ButtonLink } from '../kit/button.tsx'
import { ErrorState, Loading } from '../kit/states.tsx'
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
  // The screen is large: rendered in slices, it does not hold the page up.
  const shown = useDeferredValue(data)
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
  if (data === undefined || shown === undefined || failure !== null) {
    return (
      <Page title={m.details.title} lead={m.details.lead} up={{ href: '/', label: m.list.title }}>
        {failure === null ? <Loading /> : <ErrorState failure={failure} onRetry={reload} />}
      </Page>
    )
  }
  if (shown.apiKey === null) return <Missing />
  return (
    <KeyScreen
      key={shown.apiKey.id}
      apiKey={shown.apiKey}
      held={new Set(shown.viewer?.scopes)}
      isOwn={shown.viewer?.user.id === shown.apiKey.owner.id}
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
