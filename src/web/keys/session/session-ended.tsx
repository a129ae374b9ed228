import { configuration } from '../configuration.ts'
import { Button } from '../kit/button.tsx'
import { Dialog } from '../kit/dialog.tsx'
import { m } from '../messages/current.ts'
import { signInUrl } from './sign-in-url.ts'

/** Covers the page when the server no longer accepts the session. */
export default function SessionEnded() {
  function signInAgain() {
    // For development, the sign-in is shown at the same address.
    if (configuration.signIn.kind === 'development') location.reload()
    else location.assign(signInUrl())
  }
  return (
    <Dialog
      title={m.signIn.endedTitle}
      role="alertdialog"
      stays
      onClose={() => {}}
      actions={
        <Button look="primary" autoFocus onPress={signInAgain}>
          {m.signIn.endedAction}
        </Button>
      }
    >
      <p>{m.signIn.endedText}</p>
    </Dialog>
  )
}
