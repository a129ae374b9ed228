import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { CopyButton } from '../kit/copy-button.tsx'
import { originText } from '../kit/origin.ts'
import { RelativeTime } from '../kit/time.tsx'
import { m } from '../messages/current.ts'
import type { KeyDetails } from './queries.ts'

export function Facts({ apiKey, isOwn }: { readonly apiKey: KeyDetails; readonly isOwn: boolean }) {
  const { id, start, createdAt, lastUsedAt, lastUsedFrom, owner, parent } = apiKey
  const origin = originText(lastUsedFrom)
  return (
    <dl className="card facts" aria-label={m.details.facts}>
      <Fact name={m.details.id}>
        <span className="fact-id">
          <code>{start}</code>
          <CopyButton text={id} what={m.details.id} />
        </span>
      </Fact>
      <Fact name={m.details.created}>
        <RelativeTime at={createdAt} />
      </Fact>
      <Fact name={m.details.lastUsed}>
        {lastUsedAt === null ? m.time.never : <RelativeTime at={lastUsedAt} />}
        {origin !== '' && <bdi className="fact-more">{origin}</bdi>}
      </Fact>
      <End apiKey={apiKey} />
      {!isOwn && (
        <Fact name={m.details.owner}>
          <bdi>{owner.name ?? owner.subject}</bdi>
        </Fact>
      )}
      {parent !== null && (
        <Fact name={m.details.parent}>
          <Link href={`/${parent.id}`}>
            <bdi>{parent.name}</bdi>
          </Link>
        </Fact>
      )}
      {apiKey.revokedReason !== null && (
        <Fact name={m.details.reason}>
          <bdi>{apiKey.revokedReason}</bdi>
        </Fact>
      )}
    </dl>
  )
}

/** The revocation of a key, or else its expiry. */
function End({ apiKey: { status, expiresAt, revokedAt } }: { readonly apiKey: KeyDetails }) {
  const at = revokedAt ?? expiresAt
  const isOver = status === 'REVOKED' || status === 'EXPIRED'
  return (
    <Fact name={isOver ? m.status[status] : m.details.expires}>
      {at === null ? m.time.never : <RelativeTime at={at} />}
    </Fact>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
