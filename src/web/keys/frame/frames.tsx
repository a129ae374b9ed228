import type { FunctionComponent } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { Client, Provider } from 'urql'
import { Router } from 'wouter'
import Admin from '../admin/admin.tsx'
import CreateKey from '../create/create-key.tsx'
import KeyDetails from '../details/key-details.tsx'
import { KeyList } from '../list/key-list.tsx'
import { chooseLanguage } from '../messages/current.ts'
import type { Session } from '../session/endpoints.ts'
import { SessionContext } from '../session/session.tsx'
import SessionList from '../sessions/session-list.tsx'
import { Fault } from '../shell/fault-boundary.tsx'
import { Layout } from '../shell/layout.tsx'

/** What the server writes into the document in the place of the path of the page. */
const base = '{base}'

const screens: Readonly<Record<string, readonly [path: string, screen: FunctionComponent]>> = {
  admin: ['/admin', Admin],
  'admin-audit': ['/admin/audit', Admin],
  'admin-health': ['/admin/health', Admin],
  key: ['/key', () => <KeyDetails params={{ id: '' }} />],
  list: ['/', KeyList],
  new: ['/new', CreateKey],
  sessions: ['/sessions', SessionList],
}

/** Nobody is known when the frames are made, and no question is answered. */
const nobody: Session = {
  id: null,
  issuer: '',
  // It has the height of a letter in the place of the avatar.
  subject: '\u00a0',
  name: null,
  email: null,
  expiresAt: null,
}
const silent = new Client({ url: '', preferGetMethod: false, exchanges: [() => () => () => {}] })

/**
 * Renders each screen as it is while its data is being loaded. The build puts these frames into the documents of
 * the page, so that they are painted before the scripts are there.
 *
 * @returns the HTML of each screen, by the name of the screen; and what the document says if no script can be loaded
 */
export async function renderFrames(
  language: string,
): Promise<{ readonly frames: Record<string, string>; readonly fault: string }> {
  await chooseLanguage([language])
  const frames = Object.fromEntries(
    Object.entries(screens).map(([name, [path, Screen]]) => [
      name,
      renderToStaticMarkup(
        <Router base={base} ssrPath={base + path}>
          <SessionContext value={nobody}>
            <Provider value={silent}>
              <Layout>
                <Screen />
              </Layout>
            </Provider>
          </SessionContext>
        </Router>,
      ),
    ]),
  )
  return { frames, fault: renderToStaticMarkup(<Fault />) }
}
