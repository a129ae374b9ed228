import { Ban, Pencil, RefreshCw } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { type CreatedKey, NewSecret } from '../create/created-key.ts'
import { KeyStatus } from '../kit/badge.tsx'
import { Button } from '../kit/button.tsx'
import { keyStateOf } from '../kit/key-state.ts'
import { m } from '../messages/current.ts'
import { Page } from '../shell/page.tsx'
import { Activity } from './activity.tsx'
import { AskedScopes } from './asked-scopes.tsx'
import { Descendants } from './descendants.tsx'
import { Facts } from './facts.tsx'
import { KeyScopes } from './key-scopes.tsx'
import { Metadata } from './metadata.tsx'
import type { KeyDetails, Revocation } from './queries.ts'
import { Receipt } from './receipt.tsx'
import { Rotation } from './rotation.tsx'

const AddScopes = lazy(() => import('./add-scopes.tsx'))
const EditKey = lazy(() => import('./edit-key.tsx'))
const EndOldSecret = lazy(() => import('./end-old-secret.tsx'))
const RemoveScopes = lazy(() => import('./remove-scopes.tsx'))
const RevokeKey = lazy(() => import('./revoke-key.tsx'))
const RotateKey = lazy(async () => {
  await NewSecret.load()
  return await import('./rotate-key.tsx')
})

type Question = 'add' | 'edit' | 'end' | 'remove' | 'revoke' | 'rotate'

export function KeyScreen(props: {
  readonly apiKey: KeyDetails
  /** The effective scopes of the person. */
  readonly held: ReadonlySet<string>
  /** Whether the key is the person's own. Nobody adds scopes to another's key, or rotates it. */
  readonly isOwn: boolean
  readonly onRotated: (created: CreatedKey) => void
}) {
  const { apiKey, held, isOwn, onRotated } = props
  const [question, setQuestion] = useState<Question | null>(null)
  const [receipt, setReceipt] = useState<Revocation | null>(null)
  const close = () => setQuestion(null)
  const mayWrite = held.has('write:keys') && (isOwn || held.has('manage:keys'))
  const isLive = apiKey.status === 'ACTIVE' && mayWrite
  const isChangeable = apiKey.status !== 'REVOKED' && mayWrite && isOwn

  return (
    <Page
      title={apiKey.name}
      lead={
        <span className="key-lead">
          <KeyStatus state={keyStateOf(apiKey)} />
          {apiKey.description !== null && <bdi>{apiKey.description}</bdi>}
        </span>
      }
      up={{ href: '/', label: m.list.title }}
      actions={
        <Actions
          mayEdit={isChangeable}
          mayRotate={isLive && isOwn}
          mayRevoke={apiKey.status !== 'REVOKED' && mayWrite}
          onAsk={setQuestion}
        />
      }
    >
      <div className="details">
        {receipt !== null && <Receipt revocation={receipt} />}
        <AskedScopes apiKey={apiKey} held={held} mayWrite={mayWrite && isOwn} />
        <Facts apiKey={apiKey} isOwn={isOwn} />
        <KeyScopes
          apiKey={apiKey}
          mayNarrow={isLive}
          onAdd={isLive && isOwn ? () => setQuestion('add') : null}
          onRemove={isLive && apiKey.scopes.length > 1 ? () => setQuestion('remove') : null}
        />
        <Rotation apiKey={apiKey} onEnd={isLive && isOwn ? () => setQuestion('end') : null} />
        <Descendants apiKey={apiKey} />
        <Metadata metadata={apiKey.metadata} />
        <Activity id={apiKey.id} />
      </div>
      <Suspense>
        {question === 'add' && <AddScopes apiKey={apiKey} held={held} onClose={close} />}
        {question === 'edit' && <EditKey apiKey={apiKey} onClose={close} />}
        {question === 'end' && <EndOldSecret apiKey={apiKey} onClose={close} />}
        {question === 'remove' && <RemoveScopes apiKey={apiKey} onClose={close} />}
        {question === 'rotate' && (
          <RotateKey apiKey={apiKey} onClose={close} onRotated={onRotated} />
        )}
        {question === 'revoke' && (
          <RevokeKey
            apiKey={apiKey}
            onClose={close}
            onRevoked={(revocation) => {
              setReceipt(revocation)
              close()
            }}
          />
        )}
      </Suspense>
    </Page>
  )
}

function Actions(props: {
  readonly mayEdit: boolean
  readonly mayRotate: boolean
  readonly mayRevoke: boolean
  readonly onAsk: (question: Question) => void
}) {
  return (
    <>
      {props.mayEdit && (
        <Button icon={<Pencil aria-hidden />} onPress={() => props.onAsk('edit')}>
          {m.details.edit}
        </Button>
      )}
      {props.mayRotate && (
        <Button icon={<RefreshCw aria-hidden />} onPress={() => props.onAsk('rotate')}>
          {m.details.rotate}
        </Button>
      )}
      {props.mayRevoke && (
        <Button icon={<Ban aria-hidden />} onPress={() => props.onAsk('revoke')}>
          {m.details.revoke}
        </Button>
      )}
    </>
  )
}
