import { useId, useMemo, useState } from 'react'
import { configuration } from '../configuration.ts'
import { Checkbox } from '../kit/fields.tsx'
import { m } from '../messages/current.ts'
import type { Scope } from './queries.ts'
import { groupScopes } from './scope-groups.ts'

interface Choice {
  readonly held: ReadonlySet<string>
  readonly selected: ReadonlySet<string>
  readonly onSelect: (selected: ReadonlySet<string>) => void
}

export function ScopePicker(props: Choice & { readonly scopes: readonly Scope[] }) {
  const { scopes, ...choice } = props
  const { held } = choice
  const groups = useMemo(() => groupScopes(scopes, held, m.create.otherScopes), [scopes, held])
  return (
    <div className="scope-groups">
      {groups.map(({ name, scopes: members }) => (
        <fieldset key={name} className="scope-group">
          <legend>{name}</legend>
          {members.map((scope) => (
            <ScopeRow key={scope.name} scope={scope} {...choice} />
          ))}
        </fieldset>
      ))}
    </div>
  )
}

function ScopeRow({ scope, held, selected, onSelect }: Choice & { readonly scope: Scope }) {
  const note = useId()
  const isHeld = held.has(scope.name)

  function toggle(isSelected: boolean) {
    const next = new Set(selected)
    if (isSelected) next.add(scope.name)
    else next.delete(scope.name)
    onSelect(next)
  }

  return (
    <div className="scope" data-held={isHeld}>
      <Checkbox
        isSelected={selected.has(scope.name)}
        isDisabled={!isHeld}
        describedBy={note}
        onChange={toggle}
      >
        <code className="scope-name">{scope.name}</code>
      </Checkbox>
      <div className="scope-note">
        <p id={note}>
          <bdi>{scope.description}</bdi>
          {!isHeld && <strong> {m.create.notHeld}</strong>}
        </p>
        {configuration.features.operations && scope.fields.length > 0 && (
          <Fields fields={scope.fields} />
        )}
      </div>
    </div>
  )
}

/** The fields that a scope opens. The list is made when it is opened: there may be hundreds. */
function Fields({ fields }: { readonly fields: readonly string[] }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <details className="scope-fields" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{m.create.opens(fields.length)}</summary>
      {isOpen && (
        <ul>
          {fields.map((field) => (
            <li key={field}>
              <code>{field}</code>
            </li>
          ))}
        </ul>
      )}
    </details>
  )
}
