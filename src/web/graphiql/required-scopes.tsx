import { ToolbarButton, useGraphiQL } from '@graphiql/react'
import { useId, useRef, useState } from 'react'
import { askRequiredScopes, type Fetcher, type Required } from './ask-required-scopes.ts'
import { keysPageUrl } from './page-settings.ts'

const question = 'Which scopes does this need?'

/** A button that shows the scopes of the operation in the editor, and leads to a key with exactly those. */
export function RequiredScopes({ fetcher }: { readonly fetcher: Fetcher }) {
  const query = useGraphiQL(({ queryEditor }) => queryEditor)
  const variables = useGraphiQL(({ variableEditor }) => variableEditor)
  const headers = useGraphiQL(({ headerEditor }) => headerEditor)
  const operationName = useGraphiQL((state) => state.operationName)
  const dialog = useRef<HTMLDialogElement>(null)
  const title = useId()
  const [answer, setAnswer] = useState<Required | string | null>(null)

  const asked = useRef(0)

  async function ask() {
    const own = ++asked.current
    setAnswer(null)
    dialog.current?.showModal()
    const operation = {
      document: query?.getValue() ?? '',
      operationName: operationName ?? null,
      variables: variables?.getValue() ?? '',
    }
    const found = await askRequiredScopes(fetcher, operation, headers?.getValue() ?? '')
    // The answer to an earlier question may arrive later.
    if (own === asked.current) setAnswer(found)
  }

  return (
    <>
      <ToolbarButton label={question} onClick={() => void ask()}>
        <KeyIcon />
      </ToolbarButton>
      <dialog ref={dialog} className="scopes" aria-labelledby={title}>
        <h2 id={title}>{question}</h2>
        <div aria-live="polite">
          {answer === null ? (
            <p>The server is asked.</p>
          ) : typeof answer === 'string' ? (
            <p className="scopes-fault">{answer}</p>
          ) : (
            <Answer required={answer} />
          )}
        </div>
        <form method="dialog">
          <button type="submit">Close</button>
        </form>
      </dialog>
    </>
  )
}

function Answer({ required }: { readonly required: Required }) {
  const { operation, scopes, missing, fields } = required
  const choices = scopes.filter((list) => list.length > 0)
  if (choices.length === 0) {
    const needsCredential = fields.length > 0
    return (
      <p>
        {operation} needs {needsCredential ? 'a credential, but no scope.' : 'no credential.'}
      </p>
    )
  }
  return (
    <>
      <dl>
        {fields.map((field) => (
          <div key={field.coordinate}>
            <dt>
              <code>{field.coordinate}</code>
            </dt>
            <dd>{alternatives(field.scopes)}</dd>
          </div>
        ))}
      </dl>
      {missing.length > 0 && (
        <p className="scopes-fault">Your credential lacks {missing.join(', ')}.</p>
      )}
      <ul>
        {choices.map((list) => (
          <li key={list.join(' ')}>
            <a href={keysPageUrl(`/new?scopes=${encodeURIComponent(list.join(' '))}`)}>
              New key with exactly {list.join(', ')}
            </a>
          </li>
        ))}
      </ul>
    </>
  )
}

function alternatives(scopes: readonly (readonly string[])[]): string {
  const lists = scopes.map((list) => list.join(' and '))
  return lists.some((list) => list === '') ? 'a credential' : lists.join(', or ')
}

function KeyIcon() {
  return (
    <svg
      className="graphiql-toolbar-icon"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      aria-hidden="true"
    >
      <circle cx="7.5" cy="15.5" r="4.5" />
      <path d="m11 12 9-9m-3 3 3 3m-6 0 2 2" />
    </svg>
  )
}
