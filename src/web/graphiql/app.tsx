import { GraphiQL } from 'graphiql'
import { useMemo, useRef, useState } from 'react'
import { createFetcher } from './fetcher.ts'
import { endpoint, keysPageUrl, needsSession } from './page-settings.ts'
import { RequiredScopes } from './required-scopes.tsx'
import { type SessionState, useSession } from './session.ts'

const defaultQuery = `{
  viewer {
    subject
    scopes
    credential { kind name expiresAt }
  }
}
`

/** GraphiQL below a bar that says whose credential its requests carry. */
export function App() {
  const session = useSession()
  const [pasted, setPasted] = useState('')
  const credential = useRef<Record<string, string>>({})
  credential.current = credentialHeaders(session, pasted.trim())
  const parameters = useMemo(() => new URLSearchParams(location.search), [])
  const fetcher = useMemo(() => createFetcher(endpoint, () => credential.current), [])
  // Another person may see another schema, so GraphiQL starts again.
  const who = typeof session === 'string' ? session : session.id
  if (session === 'unknown' || session === 'failed' || (session === 'none' && needsSession)) {
    return (
      <Bar session={session}>
        <p className="bar-note">{notes[session]}</p>
      </Bar>
    )
  }
  const query = parameters.get('query')
  const variables = parameters.get('variables')
  return (
    <>
      <Bar session={session}>
        <form className="bar-key" onSubmit={(event) => event.preventDefault()}>
          <label htmlFor="credential">API key or JWT</label>
          <input
            id="credential"
            type="password"
            autoComplete="off"
            spellCheck={false}
            placeholder="Paste to use it instead"
            value={pasted}
            onChange={({ target }) => setPasted(target.value)}
          />
        </form>
      </Bar>
      <main className="editor">
        <GraphiQL
          key={who}
          fetcher={fetcher}
          defaultQuery={defaultQuery}
          {...(query !== null && { initialQuery: query })}
          {...(variables !== null && { initialVariables: variables })}
          defaultEditorToolsVisibility="headers"
          // Headers hold credentials, so they are never written to the browser's storage.
          shouldPersistHeaders={false}
          showPersistHeadersSettings={false}
        >
          {/* The bar has the name already. */}
          <GraphiQL.Logo>{null}</GraphiQL.Logo>
          <GraphiQL.Toolbar>
            {({ prettify, merge, copy }) => (
              <>
                {prettify}
                {merge}
                {copy}
                <RequiredScopes fetcher={fetcher} />
              </>
            )}
          </GraphiQL.Toolbar>
        </GraphiQL>
      </main>
    </>
  )
}

/** Beside another credential, the server does not read the cookie of the session. */
function credentialHeaders(session: SessionState, pasted: string): Record<string, string> {
  if (pasted !== '') return { authorization: `Bearer ${pasted}` }
  // If another person signs in meanwhile, the request counts as anonymous.
  return typeof session === 'string' ? {} : { 'x-latchkey-session': session.id }
}

function Bar(props: { readonly session: SessionState; readonly children: React.ReactNode }) {
  const { session, children } = props
  return (
    <header className="bar">
      <h1>
        Latchkey <span>GraphiQL</span>
      </h1>
      {children}
      <p className="bar-person" role="status">
        {session === 'unknown' || session === 'failed' ? null : session === 'none' ? (
          <>
            Nobody is signed in. <SignIn />
          </>
        ) : (
          <>
            Signed in as <bdi>{session.name ?? session.subject}</bdi>
          </>
        )}
      </p>
      <a href={keysPageUrl('')}>API keys</a>
    </header>
  )
}

const notes = {
  unknown: '',
  failed: 'The server is not available. Reload the page to try again.',
  none: 'GraphiQL is for people who are signed in.',
}

/** The sign-in leads back here. The editor keeps the operation in the browser. */
function SignIn() {
  return <a href={keysPageUrl('/sign-in?return_to=graphiql')}>Sign in</a>
}
