import { CircleCheck, Link2 } from 'lucide-react'
import { type FormEvent, type ReactNode, useRef, useState } from 'react'
import { useSearchParams } from 'wouter'
import { Button, ButtonLink } from '../kit/button.tsx'
import { TextField } from '../kit/fields.tsx'
import { FailureNote } from '../kit/states.tsx'
import { m } from '../messages/current.ts'
import type { CreatedKey } from './created-key.ts'
import { type Expiry, usualExpiry } from './expiry.ts'
import { ExpiryField } from './expiry-field.tsx'
import { linkedScopes } from './linked-scopes.ts'
import { entriesOf, type MetadataEntry } from './metadata.ts'
import { MetadataField } from './metadata-field.tsx'
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
  const [name, setName] = useState(replaced?.name ?? '')
  const [description, setDescription] = useState(replaced?.description ?? '')
  const [metadata, setMetadata] = useState<readonly MetadataEntry[]>(() =>
    entriesOf(replaced?.metadata ?? {}),
  )
  const [expiry, setExpiry] = useState<Expiry>(usualExpiry)
  const [date, setDate] = useState('')
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
  const known = new Set(scopes.map(({ name }) => name))
  const refused = wanted.filter((scope) => known.has(scope) && !held.has(scope))
  const unknown = wanted.filter((scope) => !known.has(scope))

  function select(scopes: ReadonlySet<string>) {
    setSelected(scopes)
    clear('scopes')
  }

  async function submit(event: FormEvent) {
    event.preventDefault()
    const chosen = [...selected].sort()
    const isDone = await create({ name, description, metadata, expiry, date, scopes: chosen })
    if (!isDone) {
      requestAnimationFrame(() =>
        form.current?.querySelector<HTMLElement>('[aria-invalid="true"], [role="alert"]')?.focus(),
      )
    }
  }

  return (
    <form ref={form} className="key-form" noValidate onSubmit={submit}>
      {wanted.length > 0 && (
        <div
          className="note"
          data-tone={refused.length + unknown.length > 0 ? 'warning' : 'neutral'}
        >
          <Link2 aria-hidden />
          <p>
            {refused.length + unknown.length < wanted.length && `${m.create.fromLink} `}
            {replaced !== null && `${m.create.replaces(replaced.name)} `}
            {refused.length > 0 && `${m.create.missing(refused.join(', '))} `}
            {unknown.length > 0 && m.create.unknown(unknown.length)}
          </p>
        </div>
      )}
      <Section title={m.create.about}>
        <TextField
          label={m.create.name}
          hint={m.create.nameHint}
          error={errors.name}
          value={name}
          onChange={(value) => {
            setName(value)
            clear('name')
          }}
          maxLength={100}
          isRequired
          autoFocus
        />
        <TextField
          label={m.create.description}
          error={errors.description}
          rows={2}
          value={description}
          onChange={(value) => {
            setDescription(value)
            clear('description')
          }}
          maxLength={500}
        />
        <MetadataField
          entries={metadata}
          error={errors.metadata ?? null}
          onChange={(value) => {
            setMetadata(value)
            clear('metadata')
          }}
        />
      </Section>
      <Section title={m.create.expiry}>
        <ExpiryField
          value={expiry}
          date={date}
          error={errors.expiresAt ?? null}
          onChange={(value) => {
            setExpiry(value)
            clear('expiresAt')
          }}
          onDate={(value) => {
            setDate(value)
            clear('expiresAt')
          }}
        />
      </Section>
      <Section title={m.create.scopes}>
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
      </Section>
      <FailureNote failure={failure} />
      <div className="form-actions">
        <p className="muted numbers" aria-live="polite">
          {m.create.selected(selected.size)}
        </p>
        {offered.length > 0 && (
          <div className="form-offer">
            <Button
              icon={<CircleCheck aria-hidden />}
              onPress={() => {
                select(new Set(offered))
                setTab('list')
              }}
            >
              {m.create.take(offered.length)}
            </Button>
          </div>
        )}
        <ButtonLink href="/">{m.cancel}</ButtonLink>
        <Button type="submit" look="primary" isPending={isPending}>
          {m.create.action}
        </Button>
      </div>
    </form>
  )
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="form-section">
      <h2>{title}</h2>
      <div className="form-fields">{children}</div>
    </section>
  )
}

/** The scopes that a link to the form asks for, as in `?scopes=read:users%20write:users`. */
function useWantedScopes(): readonly string[] {
  const [parameters] = useSearchParams()
  return linkedScopes(parameters.get('scopes'))
}
