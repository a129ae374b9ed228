import { Search } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Select, TextField } from '../kit/fields.tsx'
import { m } from '../messages/current.ts'
import { type ListState, sorts, statuses } from './list-state.ts'

export function Toolbar(props: {
  readonly state: ListState
  readonly onChange: (change: Partial<ListState>) => void
}) {
  const { state, onChange } = props
  return (
    <search className="toolbar">
      <SearchField value={state.search} onChange={(search) => onChange({ search })} />
      <Select
        label={m.list.status}
        hideLabel
        value={state.status ?? 'ALL'}
        options={[
          { value: 'ALL', label: m.list.anyStatus },
          ...statuses.map((value) => ({ value, label: m.status[value] })),
        ]}
        onChange={(value) => onChange({ status: value === 'ALL' ? null : value })}
      />
      <Select
        label={m.list.sort}
        hideLabel
        value={state.sort}
        options={sorts.map((value) => ({ value, label: m.list.sorts[value] }))}
        onChange={(sort) => onChange({ sort })}
      />
    </search>
  )
}

/** Searches when the person pauses. */
function SearchField(props: { readonly value: string; onChange: (value: string) => void }) {
  const { value, onChange } = props
  const [typed, setTyped] = useState(value)
  useEffect(() => setTyped(value), [value])
  useEffect(() => {
    if (typed === value) return undefined
    const timer = setTimeout(() => onChange(typed), 250)
    return () => clearTimeout(timer)
  }, [typed, value, onChange])
  return (
    <div className="search-field">
      <Search aria-hidden />
      <TextField
        label={m.list.search}
        hideLabel
        type="search"
        placeholder={m.list.search}
        maxLength={200}
        value={typed}
        onChange={setTyped}
      />
    </div>
  )
}
