import { basePath } from '../configuration.ts'
import { graphql } from '../graphql/graphql.ts'
import { useAction } from '../graphql/use-action.ts'
import { Button } from '../kit/button.tsx'
import { Dialog } from '../kit/dialog.tsx'
import { FailureNote } from '../kit/states.tsx'
import { m } from '../messages/current.ts'
import { signOut } from '../session/endpoints.ts'
import { notifyOtherTabs } from '../session/tabs.ts'

const SignOutEverywhereMutation = graphql(`
  mutation SignOutEverywhere {
    signOutEverywhere {
      at
    }
  }
`)

export default function SignOutEverywhere({ onClose }: { readonly onClose: () => void }) {
  const { run, isPending, failure } = useAction(SignOutEverywhereMutation, async () => {
    // The server has ended the session. This removes its cookie.
    const { data } = await signOut()
    notifyOtherTabs()
    location.replace(data?.location ?? basePath)
  })
  return (
    <Dialog
      role="alertdialog"
      title={m.sessions.everywhereTitle}
      stays={isPending}
      onClose={onClose}
      actions={
        <>
          <Button autoFocus isDisabled={isPending} onPress={onClose}>
            {m.cancel}
          </Button>
          <Button look="danger" isPending={isPending} onPress={() => void run({})}>
            {m.sessions.everywhereAction}
          </Button>
        </>
      }
    >
      <p>{m.sessions.everywhereText}</p>
      <p className="muted">{m.sessions.everywhereKeys}</p>
      <FailureNote failure={failure} />
    </Dialog>
  )
}
