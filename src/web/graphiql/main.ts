import { GraphiQL } from 'graphiql'
import 'graphiql/style.css'
import './page.css'
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'
import { createFetcher } from './fetcher.ts'
import { addNonceToStyles } from './style-nonce.ts'
import { startWorkersFrom } from './workers.ts'

const defaultQuery = `# Enter a credential in the headers below:
#   { "Authorization": "Bearer <API key or JWT>" }
{
  viewer {
    subject
    scopes
    credential { kind name expiresAt }
  }
}
`

const script = document.querySelector<HTMLScriptElement>('script[nonce]')
const container = document.getElementById('graphiql')
if (script === null || container === null) throw new Error('The page is incomplete.')

addNonceToStyles(script.nonce)
startWorkersFrom(script.dataset)
const parameters = new URLSearchParams(location.search)
const query = parameters.get('query')
const variables = parameters.get('variables')
createRoot(container).render(
  createElement(GraphiQL, {
    fetcher: createFetcher(location.pathname),
    defaultQuery,
    ...(query !== null && { initialQuery: query }),
    ...(variables !== null && { initialVariables: variables }),
    defaultEditorToolsVisibility: 'headers',
    // Headers hold credentials, so they are never written to the browser's storage.
    shouldPersistHeaders: false,
    showPersistHeadersSettings: false,
  }),
)
