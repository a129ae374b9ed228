import { basePath } from '../configuration.ts'
import { graphql } from '../graphql/graphql.ts'
import { useAction } from '../graphql/use-action.ts'
import { Question } from '../kit/dialog.tsx'
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
    <Question
      title={m.sessions.everywhereTitle}
      action={m.sessions.everywhereAction}
      isPending={isPending}
      onAction={() => void run({})}
      onClose={onClose}
    >
      <p>{m.sessions.everywhereText}</p>
      <p className="muted">{m.sessions.everywhereKeys}</p>
      <FailureNote failure={failure} />
    </Question>
  )
}
