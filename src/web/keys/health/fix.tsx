import { useState } from 'react'
import { replacementPath } from '../create/replaced-key.ts'
import EndOldSecret from '../details/end-old-secret.tsx'
import RevokeKey from '../details/revoke-key.tsx'
import { Button, ButtonLink } from '../kit/button.tsx'
import { toast } from '../kit/toasts.tsx'
import { m } from '../messages/current.ts'
import { useViewer } from '../session/viewer.ts'
import { NarrowKey } from './narrow-key.tsx'
import type { FindingKind, UnhealthyKey } from './queries.ts'

type Question = 'narrow' | 'revoke' | 'end'

const questions: Readonly<Partial<Record<FindingKind, Question>>> = {
  UNUSED_SCOPES: 'narrow',
  IDLE: 'revoke',
  PREVIOUS_SECRET_USED: 'end',
}

/** A button that solves the problem of a key. It asks first if a program could stop. */
export function Fix({
  apiKey,
  kind,
}: {
  readonly apiKey: UnhealthyKey
  readonly kind: FindingKind
}) {
  const { id, unusedScopes, owner } = apiKey
  const viewer = useViewer()
  const [isAsking, setAsking] = useState(false)
  const close = () => setAsking(false)
  const isOwn = owner === undefined || owner.id === viewer?.userId
  const mayWrite = viewer?.scopes.has('write:keys') === true
  const question = questions[kind]

  if (kind === 'OWNER_SUSPENDED' && owner !== undefined) {
    return (
      <ButtonLink size="small" href={`/admin/users/${owner.id}`}>
        {m.health.openOwner}
      </ButtonLink>
    )
  }
  const isReplaced = kind === 'EXPIRES_SOON' || kind === 'NEVER_EXPIRES'
  if (isReplaced && isOwn && mayWrite) {
    return (
      <ButtonLink size="small" href={replacementPath(apiKey)}>
        {m.health.replace}
      </ButtonLink>
    )
  }
  // Only the owner of a key may end its old secret.
  if (question === undefined || !mayWrite || (question === 'end' && !isOwn)) {
    return (
      <ButtonLink size="small" href={`/${id}`}>
        {m.health.look}
      </ButtonLink>
    )
  }
  const words = {
    narrow: m.health.narrow(unusedScopes.length),
    revoke: m.health.revoke,
    end: m.health.endOldSecret,
  }
  return (
    <>
      <Button size="small" onPress={() => setAsking(true)}>
        {words[question]}
      </Button>
      {isAsking && question === 'narrow' && <NarrowKey apiKey={apiKey} onClose={close} />}
      {isAsking && question === 'end' && <EndOldSecret apiKey={apiKey} onClose={close} />}
      {isAsking && question === 'revoke' && (
        <RevokeKey
          apiKey={apiKey}
          onClose={close}
          onRevoked={() => {
            toast(m.health.revoked)
            close()
          }}
        />
      )}
    </>
  )
}
