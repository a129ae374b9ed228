import { LogOut } from 'lucide-react'
import { basePath } from '../configuration.ts'
import { Menu } from '../kit/menu.tsx'
import { toast } from '../kit/toasts.tsx'
import { m } from '../messages/current.ts'
import { signOut } from '../session/endpoints.ts'
import { useSession } from '../session/session.tsx'
import { notifyOtherTabs } from '../session/tabs.ts'

export function AccountMenu() {
  const { name, email, subject } = useSession()
  const shown = name ?? email ?? subject

  async function leave() {
    const { data, failure } = await signOut()
    if (failure !== null) {
      toast(m.account.signOutFailed, { isFault: true })
      return
    }
    notifyOtherTabs()
    location.replace(data.location ?? `${basePath}`)
  }

  return (
    <Menu
      label={m.account.label(shown)}
      look="ghost"
      className="account"
      header={
        <span className="account-head">
          <span className="muted">{m.account.signedInAs}</span>
          <strong>{shown}</strong>
          {email !== null && email !== shown && <span className="muted">{email}</span>}
        </span>
      }
      actions={[
        {
          id: 'sign-out',
          label: m.account.signOut,
          icon: <LogOut aria-hidden />,
          onAction: () => void leave(),
        },
      ]}
    >
      <span className="avatar" aria-hidden="true">
        {[...shown][0]}
      </span>
    </Menu>
  )
}
