import { configuration } from '../configuration.ts'
import { Button } from '../kit/button.tsx'
import { Tabs } from '../kit/tabs.tsx'
import { m } from '../messages/current.ts'
import { OperationScopes } from './operation-scopes.tsx'
import type { Scope } from './queries.ts'
import { isReading } from './scope-groups.ts'
import { ScopePicker } from './scope-picker.tsx'

export type ScopeTab = 'list' | 'operation'

/** Scopes by name, or by the operations that a program sends. */
export function ScopeChoice(props: {
  readonly scopes: readonly Scope[]
  readonly held: ReadonlySet<string>
  readonly selected: ReadonlySet<string>
  readonly error: string | null
  readonly tab: ScopeTab
  readonly onTab: (tab: ScopeTab) => void
  readonly onSelect: (selected: ReadonlySet<string>) => void
  /** Is called with the scopes of the operations that the person entered. */
  readonly onFound: (scopes: readonly string[]) => void
}) {
  const { scopes, held, selected, error, tab, onTab, onSelect, onFound } = props

  const list = (
    <>
      <Templates scopes={scopes} held={held} onSelect={onSelect} />
      <ScopePicker scopes={scopes} held={held} selected={selected} onSelect={onSelect} />
    </>
  )
  return (
    <>
      {error !== null && (
        <p className="field-error" role="alert" tabIndex={-1}>
          {error}
        </p>
      )}
      {configuration.features.operations ? (
        <Tabs
          label={m.create.scopes}
          selected={tab}
          onSelect={onTab}
          tabs={[
            { id: 'list', title: m.create.choose, content: list },
            {
              id: 'operation',
              title: m.create.fromOperation,
              content: <OperationScopes held={held} onFound={onFound} />,
            },
          ]}
        />
      ) : (
        list
      )}
    </>
  )
}

/** Sets of scopes that many programs need. Only scopes that the person holds are in them. */
function Templates(props: {
  readonly scopes: readonly Scope[]
  readonly held: ReadonlySet<string>
  readonly onSelect: (selected: ReadonlySet<string>) => void
}) {
  const { scopes, held, onSelect } = props
  const names = scopes.map(({ name }) => name).filter((name) => held.has(name))
  const templates = [
    { title: m.create.templates.reading, taken: names.filter(isReading) },
    {
      title: m.create.templates.ownKeys,
      taken: names.filter((name) => name === 'read:keys' || name === 'write:keys'),
    },
    { title: m.create.templates.none, taken: [] },
  ]
  return (
    <div className="templates">
      <span className="muted">{m.create.startWith}</span>
      {templates.map(({ title, taken }) => (
        <Button key={title} size="small" onPress={() => onSelect(new Set(taken))}>
          {title}
        </Button>
      ))}
    </div>
  )
}
