import { ArrowRight, CircleAlert } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { MissingVariable } from '../../page-configuration.ts'
import { configuration } from '../configuration.ts'
import type { Failure } from '../graphql/failure.ts'
import { Button, ButtonLink } from '../kit/button.tsx'
import { TextField } from '../kit/fields.tsx'
import { Logo } from '../kit/marks.tsx'
import { FailureNote } from '../kit/states.tsx'
import { m } from '../messages/current.ts'
import { ThemeMenu } from '../shell/theme-menu.tsx'
import { signInForDevelopment } from './endpoints.ts'
import { signInUrl, wantedPath } from './sign-in-url.ts'
import { notifyOtherTabs } from './tabs.ts'

export default function SignIn() {
  const { signIn } = configuration
  if (signIn.kind === 'missing') return <Missing variables={signIn.variables} />
  return (
    <Card title={m.signIn.title} lead={m.signIn.lead}>
      {signIn.kind === 'development' ? (
        <Development subjects={signIn.subjects} />
      ) : (
        <ButtonLink look="primary" leaves href={signInUrl()} icon={<ArrowRight aria-hidden />}>
          {m.signIn.action}
        </ButtonLink>
      )}
      <LastFailure />
    </Card>
  )
}

function Card(props: {
  readonly title: string
  lead: string
  children: ReactNode
  wide?: boolean
}) {
  return (
    <div className="sign-in">
      <div className="sign-in-corner">
        <ThemeMenu />
      </div>
      <main className="sign-in-card" data-wide={props.wide}>
        <div className="sign-in-brand">
          <Logo />
          <bdi>{configuration.title}</bdi>
        </div>
        <h1>{props.title}</h1>
        <p className="lead">{props.lead}</p>
        {props.children}
      </main>
    </div>
  )
}

function Development({ subjects }: { readonly subjects: readonly string[] }) {
  const [name, setName] = useState('')
  const [pending, setPending] = useState<string | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)

  async function enter(subject: string) {
    if (subject.trim() === '') return
    setPending(subject)
    setFailure(null)
    const answer = await signInForDevelopment(subject.trim())
    if (answer.failure !== null) {
      setFailure(answer.failure)
      setPending(null)
      return
    }
    notifyOtherTabs()
    location.replace(wantedPath())
  }

  return (
    <>
      <ul className="people" aria-label={m.signIn.continueAs}>
        {subjects.map((subject) => (
          <li key={subject}>
            <button type="button" className="person" onClick={() => enter(subject)}>
              <span className="avatar" aria-hidden="true">
                {[...subject][0]}
              </span>
              <span className="person-name">{subject}</span>
              <span className="muted">{m.signIn.people[subject]}</span>
              <ArrowRight aria-hidden />
            </button>
          </li>
        ))}
      </ul>
      <form
        className="sign-in-form"
        onSubmit={(event) => {
          event.preventDefault()
          void enter(name)
        }}
      >
        <TextField
          label={m.signIn.anotherName}
          hint={m.signIn.anotherNameHint}
          value={name}
          onChange={setName}
          maxLength={255}
          isRequired
        />
        <Button type="submit" isPending={pending === name && name !== ''}>
          {m.signIn.continue}
        </Button>
      </form>
      <FailureNote failure={failure} />
      <p className="footnote">{m.signIn.developmentNote}</p>
    </>
  )
}

/** The reason why the last attempt to sign in at the issuer failed, as the server names it in the address. */
function LastFailure() {
  const reason = new URLSearchParams(location.search).get('error')
  if (reason === null) return null
  const { errors } = m.signIn
  return (
    <div className="note" data-tone="bad" role="alert">
      <CircleAlert aria-hidden />
      <p>{Object.hasOwn(errors, reason) ? errors[reason] : errors.failed}</p>
    </div>
  )
}

function Missing({ variables }: { readonly variables: readonly MissingVariable[] }) {
  return (
    <Card title={m.signIn.missingTitle} lead={m.signIn.missingText} wide>
      <dl className="variables">
        {variables.map((name) => (
          <div key={name}>
            <dt>
              <code>{name}</code>
            </dt>
            <dd>{m.signIn.variables[name]}</dd>
          </div>
        ))}
      </dl>
    </Card>
  )
}
