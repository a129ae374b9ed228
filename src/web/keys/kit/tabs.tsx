import type { ReactNode } from 'react'
import { Tabs as AriaTabs, Tab, TabList, TabPanel } from 'react-aria-components'

export function Tabs<T extends string>(props: {
  readonly label: string
  readonly selected: T
  readonly onSelect: (id: T) => void
  readonly tabs: readonly { readonly id: T; readonly title: string; readonly content: ReactNode }[]
}) {
  const { label, selected, onSelect, tabs } = props
  return (
    <AriaTabs
      className="tabs"
      selectedKey={selected}
      onSelectionChange={(key) => onSelect(key as T)}
    >
      <TabList className="tab-list" aria-label={label}>
        {tabs.map(({ id, title }) => (
          <Tab key={id} id={id} className="tab">
            {title}
          </Tab>
        ))}
      </TabList>
      {tabs.map(({ id, content }) => (
        <TabPanel key={id} id={id} className="tab-panel">
          {content}
        </TabPanel>
      ))}
    </AriaTabs>
  )
}
