import { useState } from 'react'
import { ScopesQuery } from '../create/queries.ts'
import { ScopePicker } from '../create/scope-picker.tsx'
import { AffectedKeys, useConsequences } from '../details/affected-keys.tsx'
import { useAction } from '../graphql/use-action.ts'
import { useQuery } from '../graphql/use-query.ts'
import { FormDialog, Question } from '../kit/dialog.tsx'
import { Checkbox } from '../kit/fields.tsx'
import { FailureNote, Skeleton } from '../kit/states.tsx'
import { toast } from '../kit/toasts.tsx'
import { m } from '../messages/current.ts'
import { SetUserScopesMutation, type UserDetails } from './queries.ts'

type Grant = readonly string[] | null

/** Changes the grant of a user in two steps: the scopes, then what the change does to keys. */
export function EditGrant(props: { readonly user: UserDetails; readonly onClose: () => void }) {
  const { user, onClose } = props
  const [grant, setGrant] = useState<Grant>(user.scopes)
  const [isReviewing, setReviewing] = useState(false)
  return isReviewing ? (
    <Review user={user} grant={grant} onBack={() => setReviewing(false)} onClose={onClose} />
  ) : (
    <Choose
      user={user}
      grant={grant}
      onChange={setGrant}
      onReview={() => setReviewing(true)}
      onClose={onClose}
    />
  )
}

function Choose(props: {
  readonly user: UserDetails
  readonly grant: Grant
  readonly onChange: (grant: Grant) => void
  readonly onReview: () => void
  readonly onClose: () => void
}) {
  const { user, grant, onChange, onReview, onClose } = props
  const [{ data, failure }] = useQuery({ query: ScopesQuery })
  const own = new Set(data?.viewer?.scopes)
  const before = user.scopes ?? []
  const known = data?.scopes ?? []
  // A grant may name scopes that this server no longer knows.
  const unknown = before.filter((name) => known.every((scope) => scope.name !== name))
  const scopes = [...known, ...unknown.map((name) => ({ name, description: '', fields: [] }))]
  const mayRemoveCeiling = user.scopes === null || known.every(({ name }) => own.has(name))
  const isSame = textOf(grant) === textOf(user.scopes)

  return (
    <FormDialog
      title={m.admin.editGrantTitle(user.name ?? user.subject)}
      action={m.admin.review}
      isDisabled={data === undefined || isSame}
      onAction={onReview}
      onClose={onClose}
    >
      <p className="muted">{m.admin.editGrantLead}</p>
      {data === undefined ? (
        <Skeleton />
      ) : (
        <>
          <div className="ceiling">
            <Checkbox
              isSelected={grant === null}
              isDisabled={!mayRemoveCeiling}
              onChange={(isNone) => onChange(isNone ? null : before)}
            >
              {m.admin.noCeilingChoice}
            </Checkbox>
            <p className="muted">
              {mayRemoveCeiling ? m.admin.noCeilingText : m.admin.ceilingNeedsAll}
            </p>
          </div>
          {grant !== null && (
            <ScopePicker
              scopes={scopes}
              held={new Set([...own, ...before])}
              selected={new Set(grant)}
              onSelect={(selected) => onChange([...selected].sort())}
            />
          )}
        </>
      )}
      <FailureNote failure={failure} />
    </FormDialog>
  )
}

function Review(props: {
  readonly user: UserDetails
  readonly grant: Grant
  readonly onBack: () => void
  readonly onClose: () => void
}) {
  const { user, grant, onBack, onClose } = props
  const input = { userId: user.id, scopes: grant === null ? null : [...grant] }
  const found = useConsequences({ setUserScopes: input })
  const { run, isPending, failure } = useAction(SetUserScopesMutation, () => {
    toast(m.admin.grantSaved)
    onClose()
  })
  return (
    <Question
      title={m.admin.reviewTitle(user.name ?? user.subject)}
      action={m.admin.saveGrant}
      cancel={m.back}
      isPending={isPending}
      isDisabled={found.keys === undefined}
      onAction={() => void run({ input })}
      onClose={onBack}
    >
      <dl className="effects">
        <div>
          <dt>{m.admin.grant}</dt>
          <dd>
            {grant === null ? (
              m.admin.noCeiling
            ) : grant.length === 0 ? (
              m.admin.emptyGrant
            ) : (
              <code>{grant.join(', ')}</code>
            )}
          </dd>
        </div>
      </dl>
      <AffectedKeys found={found} />
      <FailureNote failure={failure} />
    </Question>
  )
}

const textOf = (grant: Grant) => (grant === null ? null : [...grant].sort().join(' '))
