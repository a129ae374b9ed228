import { ShieldOff } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { EmptyState } from '../kit/states.tsx'
import { m } from '../messages/current.ts'
import { useViewer } from '../session/viewer.ts'
import { Page } from '../shell/page.tsx'
import { AuditTrail } from './audit-trail.tsx'
import { User } from './user.tsx'
import { Users } from './users.tsx'

/** The administration. A person who lacks a scope sees which one. */
export default function Admin() {
  const [path] = useLocation()
  const [, user] = /^\/admin\/users\/([^/]+)$/.exec(path) ?? []
  if (user !== undefined) {
    return (
      <Needs scope="read:users">
        <User key={user} id={user} />
      </Needs>
    )
  }
  const isAudit = path === '/admin/audit'
  return (
    <Page title={m.admin.title} lead={m.admin.lead}>
      <nav className="tab-list admin-places" aria-label={m.admin.places}>
        <Place href="/admin" title={m.admin.users} isCurrent={!isAudit} />
        <Place href="/admin/audit" title={m.admin.audit} isCurrent={isAudit} />
      </nav>
      <Needs scope={isAudit ? 'read:audit' : 'read:users'}>
        {isAudit ? <AuditTrail /> : <Users />}
      </Needs>
    </Page>
  )
}

function Place(props: {
  readonly href: string
  readonly title: string
  readonly isCurrent: boolean
}) {
  const { href, title, isCurrent } = props
  return (
    <Link href={href} className="tab" aria-current={isCurrent ? 'page' : undefined}>
      {title}
    </Link>
  )
}

function Needs({ scope, children }: { readonly scope: string; readonly children: ReactNode }) {
  const viewer = useViewer()
  if (viewer === null) return null
  if (viewer.scopes.has(scope)) return children
  return (
    <EmptyState icon={<ShieldOff aria-hidden />} title={m.admin.missingTitle(scope)}>
      {m.admin.missingText(scope)}
    </EmptyState>
  )
}
