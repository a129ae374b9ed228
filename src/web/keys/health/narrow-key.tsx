import { AffectedKeys, useConsequences } from '../details/affected-keys.tsx'
import { UpdateKeyMutation } from '../details/queries.ts'
import { useAction } from '../graphql/use-action.ts'
import { Question } from '../kit/dialog.tsx'
import { FailureNote } from '../kit/states.tsx'
import { toast } from '../kit/toasts.tsx'
import { m } from '../messages/current.ts'
import type { UnhealthyKey } from './queries.ts'

/** Asks before it removes the scopes that no request has needed, and shows the keys that lose them. */
export function NarrowKey(props: { readonly apiKey: UnhealthyKey; readonly onClose: () => void }) {
  const { apiKey, onClose } = props
  const { id, name, scopes, unusedScopes } = apiKey
  const input = { id, scopes: scopes.filter((scope) => !unusedScopes.includes(scope)) }
  const found = useConsequences({ updateApiKey: input })
  const { run, isPending, failure } = useAction(UpdateKeyMutation, () => {
    toast(m.details.narrowed(unusedScopes.length))
    onClose()
  })
  return (
    <Question
      title={m.health.narrowTitle(name)}
      action={m.health.narrow(unusedScopes.length)}
      isPending={isPending}
      isDisabled={found.keys === undefined}
      onAction={() => void run({ input })}
      onClose={onClose}
    >
      <p>
        {m.health.narrowText} <code>{unusedScopes.join(', ')}</code>
      </p>
      <AffectedKeys found={found} />
      <FailureNote failure={failure} />
    </Question>
  )
}
