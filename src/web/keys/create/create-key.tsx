import { useState } from 'react'
import { useQuery } from '../graphql/use-query.ts'
import { ErrorState, Skeleton } from '../kit/states.tsx'
import { m } from '../messages/current.ts'
import { Page } from '../shell/page.tsx'
import { KeyForm } from './key-form.tsx'
import { type CreatedKey, NewSecret } from './new-secret.tsx'
import { ScopesQuery } from './queries.ts'
import { useReplacedKey } from './replaced-key.ts'

/** Creates a key, and then shows its secret. The secret is in the state of this component alone. */
export default function CreateKey() {
  const [{ data, failure }, reload] = useQuery({ query: ScopesQuery })
  const replaced = useReplacedKey()
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
      ) : data === undefined || replaced === undefined ? (
        <div className="card form-skeleton" role="status">
          <span className="hidden">{m.loading}</span>
          <Skeleton width="30%" />
          <Skeleton />
          <Skeleton width="70%" />
        </div>
      ) : (
        <KeyForm
          scopes={data.scopes}
          held={new Set(data.viewer?.scopes)}
          replaced={replaced}
          onCreated={setCreated}
        />
      )}
    </Page>
  )
}
