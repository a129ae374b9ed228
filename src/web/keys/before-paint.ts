/**
 * Runs before the first paint, as a script of its own: applies the theme that the person chose, shows the frame of
 * the screen to people who are signed in, and asks for the session while the other scripts are being loaded.
 */
import { readSession } from './session/endpoints.ts'
import { firstSession } from './session/first.ts'

try {
  const { dataset } = document.documentElement
  const chosen = localStorage.getItem('latchkey-theme')
  if (chosen === 'light' || chosen === 'dark') dataset.theme = chosen
  if (localStorage.getItem('latchkey-signed-in') === 'yes') dataset.signedIn = ''
} catch {
  // A browser that forbids storage uses the theme of the system, and shows no frame.
}
firstSession.latchkeySession = readSession()
