const name = 'latchkey-signed-in'

/**
 * Notes whether someone is signed in. The script `before-paint` reads it at the next visit: only people who are
 * signed in see the frame of the screen while the page loads.
 */
export function noteSignedIn(isSignedIn: boolean): void {
  try {
    if (isSignedIn) localStorage.setItem(name, 'yes')
    else localStorage.removeItem(name)
  } catch {
    // A browser that forbids storage shows no frame.
  }
}
