import { useDeferredValue, useState } from 'react'
import { useQuery } from '../graphql/use-query.ts'
import { ErrorState, Loading } from '../kit/states.tsx'
import { m } from '../messages/current.ts'
import { Page } from '../shell/page.tsx'
import { type CreatedKey, NewSecret } from './created-key.ts'
import { KeyForm } from './key-form.tsx'
import { ScopesQuery } from './queries.ts'
import { useReplacedKey } from './replaced-key.ts'

/** Creates a key, and then shows its secret. The secret is in the state of this component alone. */
export default function CreateKey() {
  const [{ data, failure }, reload] = useQuery({ query: ScopesQuery })
  const replaced = useReplacedKey()
  // The form is large: rendered in slices, it does not hold the page up.
  const shown = useDeferredValue(data)
  const [created, setCreated] = useState<CreatedKey | null>(null)

  if (created !== null) return <NewSecret created={created} title={m.secret.title(created.name)} />
  return (
    <Page
      title={m.create.title}
      lead={m.create.lead}
      up={{ href: '/', label: m.list.title }}
      narrow
    >
      {failure !== null ? (
        <ErrorState failure={failure} onRetry={reload} />
      ) : shown === undefined || replaced === undefined ? (
        <Loading />
      ) : (
        <KeyForm
          scopes={shown.scopes}
          held={new Set(shown.viewer?.scopes)}
          replaced={replaced}
          onCreated={setCreated}
        />
      )}
    </Page>
  )
}
