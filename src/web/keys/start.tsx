import { StrictMode, startTransition } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { basePath } from './configuration.ts'
import { chooseLanguage } from './messages/current.ts'
import { loadScreen } from './screens.ts'
import { readSession } from './session/endpoints.ts'
import { type FirstAnswer, firstSession } from './session/first.ts'
import { SignIn } from './session/session.tsx'
import { showSession } from './session/shown.ts'

/** Loads what the first screen needs. A script that cannot be loaded is loaded again when its screen is shown. */
async function loadFirst(): Promise<FirstAnswer> {
  const screen = loadScreen(location.pathname.slice(basePath.length)).catch(() => {})
  const language = chooseLanguage(navigator.languages)
  await language
  const answer = await (firstSession.latchkeySession ?? readSession())
  await (answer.data?.session === null ? SignIn.load().catch(() => {}) : screen)
  if (answer.data !== null) showSession(answer.data.session)
  return answer
}

/** Shows the page. Until then, the frame of the screen stays, which is in the document. */
export async function start(): Promise<void> {
  const container = document.getElementById('root')
  if (container === null) throw new Error('The page is incomplete.')
  const loading = loadFirst()
  const root = createRoot(container)
  const first = await loading
  // Rendered in slices: the page answers to input meanwhile.
  startTransition(() =>
    root.render(
      <StrictMode>
        <App first={first} />
      </StrictMode>,
    ),
  )
}
