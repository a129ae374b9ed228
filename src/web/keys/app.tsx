import { Route, Router, Switch } from 'wouter'
import { basePath, configuration } from './configuration.ts'
import { Toasts } from './kit/toasts.tsx'
import { Admin, CreateKey, Finding, KeyDetails, KeyList, SessionList } from './screens.ts'
import type { FirstAnswer } from './session/first.ts'
import { SessionGate } from './session/session.tsx'
import { FaultBoundary } from './shell/fault-boundary.tsx'
import { Layout } from './shell/layout.tsx'
import { NotFound } from './shell/not-found.tsx'

/** @param props.first the answer to the first question for the session */
export function App({ first }: { readonly first: FirstAnswer }) {
  return (
    <Router base={basePath}>
      <SessionGate first={first}>
        <Layout>
          <FaultBoundary>
            <Screens />
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
