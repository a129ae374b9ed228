import { lazy, Suspense } from 'react'
import { Route, Router, Switch } from 'wouter'
import { basePath, configuration } from './configuration.ts'
import { Toasts } from './kit/toasts.tsx'
import { KeyList } from './list/key-list.tsx'
import { SessionGate } from './session/session.tsx'
import { FaultBoundary } from './shell/fault-boundary.tsx'
import { Layout } from './shell/layout.tsx'
import { NotFound } from './shell/not-found.tsx'

const screens = {
  admin: () => import('./admin/admin.tsx'),
  details: () => import('./details/key-details.tsx'),
  health: () => import('./health/finding.tsx'),
  new: () => import('./create/create-key.tsx'),
  sessions: () => import('./sessions/session-list.tsx'),
}
const Admin = lazy(screens.admin)
const CreateKey = lazy(screens.new)
const Finding = lazy(screens.health)
const SessionList = lazy(screens.sessions)
const KeyDetails = lazy(screens.details)

/** The screen that the address names loads while the session is read. */
function loadFirstScreen(): void {
  const [, name = ''] = location.pathname.slice(basePath.length).split('/')
  if (name === '' || name === 'sign-in') return
  const load = Object.hasOwn(screens, name)
    ? screens[name as keyof typeof screens]
    : screens.details
  // If that fails, the screen is loaded again when it is shown, and says so.
  load().catch(() => {})
}
loadFirstScreen()

export function App() {
  return (
    <Router base={basePath}>
      <SessionGate>
        <Layout>
          <FaultBoundary>
            <Suspense>
              <Screens />
            </Suspense>
          </FaultBoundary>
        </Layout>
      </SessionGate>
      <Toasts />
    </Router>
  )
}

function Screens() {
  return (
    <Switch>
      <Route path="/" component={KeyList} />
      <Route path="/sign-in" component={KeyList} />
      <Route path="/admin/*?" component={Admin} />
      <Route path="/health/:kind" component={Finding} />
      <Route path="/new" component={CreateKey} />
      {configuration.features.sessions && <Route path="/sessions" component={SessionList} />}
      <Route path="/:id" component={KeyDetails} />
      <Route component={NotFound} />
    </Switch>
  )
}
