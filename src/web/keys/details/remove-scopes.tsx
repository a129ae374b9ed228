import { useState } from 'react'
import { useAction } from '../graphql/use-action.ts'
import { FormDialog } from '../kit/dialog.tsx'
import { Checkbox } from '../kit/fields.tsx'
import { FailureNote } from '../kit/states.tsx'
import { RelativeTime } from '../kit/time.tsx'
import { toast } from '../kit/toasts.tsx'
import { m } from '../messages/current.ts'
import { AffectedKeys, useConsequences } from './affected-keys.tsx'
import { type KeyDetails, UpdateKeyMutation } from './queries.ts'

/** Removes the scopes that the person chooses, after it has shown the keys that lose them. */
export default function RemoveScopes(props: {
  readonly apiKey: KeyDetails
  readonly onClose: () => void
}) {
  const { apiKey, onClose } = props
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const removed = apiKey.scopes.filter((scope) => chosen.has(scope))
  const input = { id: apiKey.id, scopes: apiKey.scopes.filter((scope) => !chosen.has(scope)) }
  const isPossible = removed.length > 0 && input.scopes.length > 0
  const found = useConsequences({ updateApiKey: input }, { isPaused: !isPossible })
  const { run, isPending, failure } = useAction(UpdateKeyMutation, () => {
    toast(m.details.narrowed(removed.length))
    onClose()
  })

  function choose(scope: string, isChosen: boolean) {
    const next = new Set(chosen)
    if (isChosen) next.add(scope)
    else next.delete(scope)
    setChosen(next)
  }

  return (
    <FormDialog
      title={m.details.removeScopes}
      action={m.details.remove(removed.length)}
      isPending={isPending}
      isDisabled={!isPossible || found.keys === undefined}
      onAction={() => void run({ input })}
      onClose={onClose}
    >
      <p className="muted">{m.details.removeLead}</p>
      <div>
        {apiKey.scopes.map((scope) => (
          <div className="scope" key={scope}>
            <Checkbox
              isSelected={chosen.has(scope)}
              onChange={(isChosen) => choose(scope, isChosen)}
            >
              <code className="scope-name">{scope}</code>
            </Checkbox>
            <div className="scope-note">
              <LastNeeded uses={apiKey.usedScopes} scope={scope} />
            </div>
          </div>
        ))}
      </div>
      {input.scopes.length === 0 && <p role="status">{m.details.removeNotAll}</p>}
      {isPossible && <AffectedKeys found={found} />}
      <FailureNote failure={failure} />
    </FormDialog>
  )
}

function LastNeeded(props: { readonly uses: KeyDetails['usedScopes']; readonly scope: string }) {
  const use = props.uses.find(({ scope }) => scope === props.scope)
  if (use === undefined) return m.details.notNeeded
  return (
    <>
      {m.details.scopeColumns.used} <RelativeTime at={use.lastUsedAt} />
    </>
  )
}
