import { CircleCheck } from 'lucide-react'
import { type FormEvent, useRef, useState } from 'react'
import { useSearchParams } from 'wouter'
import { Button, ButtonLink } from '../kit/button.tsx'
import { FailureNote } from '../kit/states.tsx'
import { m } from '../messages/current.ts'
import type { CreatedKey } from './created-key.ts'
import { type DraftFields, FormSection, firstDraft, KeyFields } from './key-fields.tsx'
import { LinkNote } from './link-note.tsx'
import { linkedScopes } from './linked-scopes.ts'
import type { Scope } from './queries.ts'
import type { ReplacedKey } from './replaced-key.ts'
import { ScopeChoice, type ScopeTab } from './scope-choice.tsx'
import { useCreateKey } from './use-create-key.ts'

export function KeyForm(props: {
  readonly scopes: readonly Scope[]
  readonly held: ReadonlySet<string>
  /** The key that the new one replaces. */
  readonly replaced: ReplacedKey | null
  readonly onCreated: (created: CreatedKey) => void
}) {
  const { scopes, held, replaced, onCreated } = props
  const wanted = useWantedScopes()
  const [draft, setDraft] = useState<DraftFields>(() => firstDraft(replaced))
  const [selected, setSelected] = useState<ReadonlySet<string>>(
    () => new Set(wanted.filter((scope) => held.has(scope))),
  )
  const [tab, setTab] = useState<ScopeTab>('list')
  const [found, setFound] = useState<readonly string[]>([])
  const isTaken = found.length === selected.size && found.every((scope) => selected.has(scope))
  const offered = isTaken ? [] : found
  const { create, clear, isPending, errors, failure } = useCreateKey(onCreated)
  const scopesError =
    errors.scopes !== undefined && selected.size === 0
      ? m.create.scopesMissing(offered.length)
      : errors.scopes
  const form = useRef<HTMLFormElement>(null)

  function select(scopes: ReadonlySet<string>) {
    setSelected(scopes)
    clear('scopes')
  }

  async function submit(event: FormEvent) {
    event.preventDefault()
    const chosen = [...selected].sort()
    const isDone = await create({ ...draft, scopes: chosen })
    if (!isDone) {
      requestAnimationFrame(() =>
        form.current?.querySelector<HTMLElement>('[aria-invalid="true"], [role="alert"]')?.focus(),
      )
    }
  }

  return (
    <form ref={form} className="key-form" noValidate onSubmit={submit}>
      <LinkNote wanted={wanted} scopes={scopes} held={held} replaced={replaced} />
      <KeyFields
        draft={draft}
        errors={errors}
        onChange={(change, field) => {
          setDraft((before) => ({ ...before, ...change }))
          clear(field)
        }}
      />
      <FormSection title={m.create.scopes}>
        <ScopeChoice
          scopes={scopes}
          held={held}
          selected={selected}
          error={scopesError ?? null}
          tab={tab}
          onTab={setTab}
          onSelect={select}
          onFound={setFound}
        />
      </FormSection>
      <FailureNote failure={failure} />
      <FormActions
        selected={selected.size}
        offered={offered.length}
        isPending={isPending}
        onTake={() => {
          select(new Set(offered))
          setTab('list')
        }}
      />
    </form>
  )
}

function FormActions(props: {
  /** The number of chosen scopes. */
  readonly selected: number
  /** The number of scopes that the operations need, if others are chosen. */
  readonly offered: number
  readonly isPending: boolean
  readonly onTake: () => void
}) {
  const { selected, offered, isPending, onTake } = props
  return (
    <div className="form-actions">
      <p className="muted numbers" aria-live="polite">
        {m.create.selected(selected)}
      </p>
      {offered > 0 && (
        <div className="form-offer">
          <Button icon={<CircleCheck aria-hidden />} onPress={onTake}>
            {m.create.take(offered)}
          </Button>
        </div>
      )}
      <ButtonLink href="/">{m.cancel}</ButtonLink>
      <Button type="submit" look="primary" isPending={isPending}>
        {m.create.action}
      </Button>
    </div>
  )
}

/** The scopes that a link to the form asks for, as in `?scopes=read:users%20write:users`. */
function useWantedScopes(): readonly string[] {
  const [parameters] = useSearchParams()
  return linkedScopes(parameters.get('scopes'))
}
