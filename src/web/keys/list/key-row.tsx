import { Ban, Ellipsis, Hash, PanelRight } from 'lucide-react'
import { Link, useLocation } from 'wouter'
import { KeyStatus } from '../kit/badge.tsx'
import { copyText } from '../kit/copy.ts'
import { Checkbox } from '../kit/fields.tsx'
import { keyStateOf } from '../kit/key-state.ts'
import { Menu } from '../kit/menu.tsx'
import { originText } from '../kit/origin.ts'
import { RelativeTime } from '../kit/time.tsx'
import { m } from '../messages/current.ts'
import type { KeyRow } from './queries.ts'
import { ScopeChips } from './scope-chips.tsx'

export function KeyTableRow(props: {
  readonly apiKey: KeyRow
  readonly isSelected: boolean
  readonly onSelect: (isSelected: boolean) => void
  readonly onRevoke: () => void
}) {
  const { apiKey, isSelected, onSelect, onRevoke } = props
  const { id, name, start, scopes, status, lastUsedAt, lastUsedFrom } = apiKey
  return (
    <tr role="row" data-status={status} aria-selected={isSelected}>
      <td role="cell" className="key-check">
        <Checkbox
          label={m.list.select(name)}
          isSelected={isSelected}
          isDisabled={status === 'REVOKED'}
          onChange={onSelect}
        />
      </td>
      <th role="rowheader" scope="row" className="key-name">
        <Link href={`/${id}`}>
          <bdi>{name}</bdi>
        </Link>
        <code>{start}</code>
      </th>
      <td role="cell" className="key-scopes">
        <ScopeChips scopes={scopes} />
      </td>
      <td role="cell" className="key-used" data-label={m.list.columns.lastUsed}>
        <LastUse at={lastUsedAt} origin={originText(lastUsedFrom)} />
      </td>
      <td role="cell" className="key-expires" data-label={m.list.columns.expires}>
        <Expiry apiKey={apiKey} />
      </td>
      <td role="cell" className="key-status">
        <KeyStatus state={keyStateOf(apiKey)} />
      </td>
      <td role="cell" className="key-more">
        <RowMenu apiKey={apiKey} onRevoke={onRevoke} />
      </td>
    </tr>
  )
}

/** A revoked key does not work before its expiry either, so its expiry is not shown. */
function Expiry({ apiKey: { status, expiresAt } }: { readonly apiKey: KeyRow }) {
  if (status === 'REVOKED') return <span className="muted">–</span>
  if (expiresAt === null) return <span className="muted">{m.time.never}</span>
  return <RelativeTime at={expiresAt} />
}

/** The time of the last use, and below it the client. A narrow column cuts the client; the details have all of it. */
function LastUse({ at, origin }: { readonly at: string | null; readonly origin: string }) {
  if (at === null) return <span className="muted">{m.time.never}</span>
  return (
    <div>
      <RelativeTime at={at} more={origin} />
      {origin !== '' && <bdi className="key-origin muted">{origin}</bdi>}
    </div>
  )
}

function RowMenu({ apiKey, onRevoke }: { readonly apiKey: KeyRow; onRevoke: () => void }) {
  const [, navigate] = useLocation()
  const { id, name, status } = apiKey
  return (
    <Menu
      label={m.list.actionsFor(name)}
      icon={<Ellipsis aria-hidden />}
      actions={[
        {
          id: 'open',
          label: m.list.open,
          icon: <PanelRight aria-hidden />,
          onAction: () => navigate(`/${id}`),
        },
        {
          id: 'copy',
          label: m.list.copyId,
          icon: <Hash aria-hidden />,
          onAction: () => void copyText(id, m.list.id),
        },
        {
          id: 'revoke',
          label: m.list.revoke,
          icon: <Ban aria-hidden />,
          danger: true,
          isDisabled: status === 'REVOKED',
          onAction: onRevoke,
        },
      ]}
    />
  )
}
