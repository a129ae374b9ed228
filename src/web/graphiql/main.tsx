import 'graphiql/style.css'
import './page.css'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { addNonceToStyles } from './style-nonce.ts'
import { startWorkersFrom } from './workers.ts'

const script = document.querySelector<HTMLScriptElement>('script[nonce]')
const container = document.getElementById('graphiql')
if (script === null || container === null) {
  throw new Error('The page is incomplete.')
}

addNonceToStyles(script.nonce)
startWorkersFrom(script.dataset)
createRoot(container).render(<App />)
