import type { MouseEvent, ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { configuration } from '../configuration.ts'
import { Logo } from '../kit/marks.tsx'
import { m } from '../messages/current.ts'
import { useViewer } from '../session/viewer.ts'
import { AccountMenu } from './account-menu.tsx'
import { OldNotice } from './old-notice.tsx'
import { ThemeMenu } from './theme-menu.tsx'

/** The header with the navigation, and the content below. */
export function Layout({ children }: { readonly children: ReactNode }) {
  return (
    <>
      <header className="header">
        {/* biome-ignore lint/a11y/useValidAnchor: it leads to a place on the page, see below */}
        <a className="skip" href="#content" onClick={skipToContent}>
          {m.skipToContent}
        </a>
        <div className="header-row">
          <Link href="/" className="brand">
            <Logo />
            <bdi>{configuration.title}</bdi>
          </Link>
          <Navigation />
          <div className="header-end">
            <ThemeMenu />
            <AccountMenu />
          </div>
        </div>
      </header>
      <main id="content" className="content" tabIndex={-1}>
        <OldNotice />
        {children}
      </main>
    </>
  )
}

/** The browser itself would resolve the link against `<base>`, and leave the screen. */
function skipToContent(event: MouseEvent) {
  event.preventDefault()
  document.getElementById('content')?.focus()
}

function Navigation() {
  const [path] = useLocation()
  const viewer = useViewer()
  const administers = configuration.adminScopes.some((scope) => viewer?.scopes.has(scope))
  const places = [
    { href: '/', label: m.navigation.keys, current: !/^\/(sessions|admin)\b/.test(path) },
    ...(configuration.features.sessions
      ? [{ href: '/sessions', label: m.navigation.sessions, current: path === '/sessions' }]
      : []),
    ...(administers
      ? [{ href: '/admin', label: m.navigation.administration, current: /^\/admin\b/.test(path) }]
      : []),
  ]
  return (
    <nav className="navigation" aria-label={m.navigation.label}>
      {places.map(({ href, label, current }) => (
        <Link key={href} href={href} aria-current={current ? 'page' : undefined}>
          {label}
        </Link>
      ))}
    </nav>
  )
}
