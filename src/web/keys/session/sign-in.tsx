import { ArrowRight } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { basePath, configuration } from '../configuration.ts'
import type { Failure } from '../graphql/failure.ts'
import { Button, ButtonLink } from '../kit/button.tsx'
import { TextField } from '../kit/fields.tsx'
import { Logo } from '../kit/marks.tsx'
import { FailureNote } from '../kit/states.tsx'
import { m } from '../messages/current.ts'
import { ThemeMenu } from '../shell/theme-menu.tsx'
import { signInForDevelopment } from './endpoints.ts'
import { currentPath, signInUrl } from './sign-in-url.ts'
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
          {m.product}
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
    location.replace(returnPath())
  }

  return (
    <>
      <ul className="people" aria-label={m.signIn.continueAs}>
        {subjects.map((subject) => (
          <li key={subject}>
            <button type="button" className="person" onClick={() => enter(subject)}>
              <span className="avatar" aria-hidden="true">
                {subject.charAt(0)}
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

/** Returns where the person wanted to go. Only a path below the page counts. */
function returnPath(): string {
  const path = currentPath()
  if (!path.startsWith('/sign-in')) return basePath + path
  const wanted = new URLSearchParams(location.search).get('return_to') ?? ''
  return /^\/(?![/\\])[^\\]*$/.test(wanted) || wanted === '' ? basePath + wanted : basePath
}

function Missing(props: {
  readonly variables: readonly { readonly name: string; readonly meaning: string }[]
}) {
  return (
    <Card title={m.signIn.missingTitle} lead={m.signIn.missingText} wide>
      <dl className="variables">
        {props.variables.map(({ name, meaning }) => (
          <div key={name}>
            <dt>
              <code>{name}</code>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Card>
  )
}
