import { ShieldOff } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { HealthOfAll } from '../health/health-cards.tsx'
import { EmptyState, ErrorState, Loading } from '../kit/states.tsx'
import { m } from '../messages/current.ts'
import { AuditTrail, Finding, User } from '../screens.ts'
import { useViewerResult } from '../session/viewer.ts'
import { NotFound } from '../shell/not-found.tsx'
import { Page } from '../shell/page.tsx'
import { Users } from './users.tsx'

const readsKeys = ['read:keys', 'manage:keys', 'read:users']

/** The parts of the administration, by path. */
const parts = [
  { path: '/admin', title: m.admin.users, scopes: ['read:users'], content: <Users /> },
  { path: '/admin/health', title: m.admin.health, scopes: readsKeys, content: <HealthOfAll /> },
  { path: '/admin/audit', title: m.admin.audit, scopes: ['read:audit'], content: <AuditTrail /> },
]

/** The administration. A person who lacks a scope sees which one. */
export default function Admin() {
  const [path] = useLocation()
  const [, user] = /^\/admin\/users\/([^/]+)$/.exec(path) ?? []
  if (user !== undefined) {
    return (
      <Needs scopes={['read:users']}>
        <User key={user} id={user} />
      </Needs>
    )
  }
  const [, kind] = /^\/admin\/health\/([^/]+)$/.exec(path) ?? []
  if (kind !== undefined) {
    return (
      <Needs scopes={readsKeys}>
        <Finding params={{ kind }} isForAll />
      </Needs>
    )
  }
  const shown = parts.find((part) => part.path === path.replace(/\/$/, ''))
  if (shown === undefined) return <NotFound />
  return (
    <Page title={m.admin.title} lead={m.admin.lead}>
      <nav className="tab-list admin-places" aria-label={m.admin.places}>
        {parts.map((part) => (
          <Place key={part.path} href={part.path} title={part.title} isCurrent={part === shown} />
        ))}
      </nav>
      <Needs scopes={shown.scopes}>{shown.content}</Needs>
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

function Needs(props: { readonly scopes: readonly string[]; readonly children: ReactNode }) {
  const { scopes, children } = props
  const { viewer, failure, reload } = useViewerResult()
  if (failure !== null) return <ErrorState failure={failure} onRetry={reload} />
  if (viewer === null) return <Loading />
  const missing = scopes.filter((scope) => !viewer.scopes.has(scope)).join(', ')
  if (missing === '') return children
  return (
    <EmptyState icon={<ShieldOff aria-hidden />} title={m.admin.missingTitle(missing)}>
      {m.admin.missingText(missing)}
    </EmptyState>
  )
}
