import { Checkbox } from '../kit/fields.tsx'
import { Skeleton } from '../kit/states.tsx'
import { m } from '../messages/current.ts'
import { KeyTableRow } from './key-row.tsx'
import type { KeyRow } from './queries.ts'

/** The roles are written out: a table that the style lays out as cards would lose them. */
export function KeyTable(props: {
  readonly keys: readonly KeyRow[]
  readonly selected: ReadonlySet<string>
  readonly isStale: boolean
  readonly onSelect: (ids: ReadonlySet<string>) => void
  readonly onRevoke: (key: KeyRow) => void
}) {
  const { keys, selected, isStale, onSelect, onRevoke } = props
  const selectable = keys.filter(({ status }) => status !== 'REVOKED')
  const count = selectable.filter(({ id }) => selected.has(id)).length

  function toggle(id: string, isSelected: boolean) {
    const next = new Set(selected)
    if (isSelected) next.add(id)
    else next.delete(id)
    onSelect(next)
  }

  return (
    <table className="key-table" role="table" aria-label={m.list.title} aria-busy={isStale}>
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col" className="key-check">
            <Checkbox
              label={m.list.selectAll}
              isSelected={count > 0 && count === selectable.length}
              isIndeterminate={count > 0 && count < selectable.length}
              isDisabled={selectable.length === 0}
              onChange={(all) => onSelect(new Set(all ? selectable.map(({ id }) => id) : []))}
            />
          </th>
          <Columns />
        </tr>
      </thead>
      <tbody role="rowgroup">
        {keys.map((key) => (
          <KeyTableRow
            key={key.id}
            apiKey={key}
            isSelected={selected.has(key.id)}
            onSelect={(isSelected) => toggle(key.id, isSelected)}
            onRevoke={() => onRevoke(key)}
          />
        ))}
      </tbody>
    </table>
  )
}

function Columns() {
  const { name, scopes, lastUsed, expires, status } = m.list.columns
  return (
    <>
      {[name, scopes, lastUsed, expires, status].map((title) => (
        <th key={title} role="columnheader" scope="col">
          {title}
        </th>
      ))}
      <th role="columnheader" scope="col" className="key-more">
        <span className="hidden">{m.list.columns.actions}</span>
      </th>
    </>
  )
}

const rowWidths = ['60%', '50%', '70%', '60%', '40%'] as const

/** Rows of the same height as those that are being loaded. */
export function KeyTableSkeleton() {
  return (
    <div className="key-skeleton" role="status">
      <span className="hidden">{m.loading}</span>
      {rowWidths.map((width, row) => (
        <div key={row} aria-hidden="true">
          <Skeleton width={width} />
          <Skeleton width="80%" />
          <Skeleton width="60%" />
        </div>
      ))}
    </div>
  )
}
