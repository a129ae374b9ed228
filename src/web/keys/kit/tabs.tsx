import { type KeyboardEvent, type ReactNode, useId, useRef } from 'react'

/**
 * Tabs whose panels are shown as soon as their tab has the focus, as in the ARIA Authoring Practices. The
 * package for dialogs and menus has tabs too; it would be half of the script that the form of a new key loads.
 */
export function Tabs<T extends string>(props: {
  readonly label: string
  readonly selected: T
  readonly onSelect: (id: T) => void
  readonly tabs: readonly { readonly id: T; readonly title: string; readonly content: ReactNode }[]
}) {
  const { label, selected, onSelect, tabs } = props
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const current = tabs.findIndex((tab) => tab.id === selected)

  function onKeyDown(event: KeyboardEvent) {
    const next = nextOf(event.key, current, tabs.length)
    const tab = next === undefined ? undefined : tabs[next]
    if (tab === undefined) return
    event.preventDefault()
    onSelect(tab.id)
    list.current?.querySelectorAll<HTMLElement>('[role="tab"]')[next ?? 0]?.focus()
  }

  return (
    <div className="tabs">
      <div ref={list} role="tablist" className="tab-list" aria-label={label} onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`${id}-${tab.id}`}
            className="tab"
            aria-selected={tab.id === selected}
            aria-controls={`${id}-panel`}
            tabIndex={tab.id === selected ? 0 : -1}
            onClick={({ currentTarget }) => {
              onSelect(tab.id)
              currentTarget.scrollIntoView({ block: 'nearest', inline: 'nearest' })
            }}
          >
            {tab.title}
          </button>
        ))}
      </div>
      <div
        role="tabpanel"
        id={`${id}-panel`}
        className="tab-panel"
        aria-labelledby={`${id}-${selected}`}
      >
        {tabs[current]?.content}
      </div>
    </div>
  )
}

/** Returns the place of the tab that a key leads to. */
function nextOf(key: string, current: number, count: number): number | undefined {
  if (key === 'Home') return 0
  if (key === 'End') return count - 1
  if (key === 'ArrowRight') return (current + 1) % count
  if (key === 'ArrowLeft') return (current + count - 1) % count
  return undefined
}
