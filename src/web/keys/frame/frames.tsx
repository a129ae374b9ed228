import type { FunctionComponent } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { Client, Provider } from 'urql'
import { Router } from 'wouter'
import { type DocumentName, type ScreenName, screenPaths } from '../../page-screens.ts'
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

interface Frame {
  readonly screen: FunctionComponent
  /** The modules of the screen that are not in the first script, below the folder of the page. */
  readonly modules: readonly string[]
}

const screens: Readonly<Record<ScreenName, Frame>> = {
  admin: { screen: Admin, modules: ['admin/admin.tsx'] },
  'admin-audit': { screen: Admin, modules: ['admin/admin.tsx', 'admin/audit-trail.tsx'] },
  'admin-health': { screen: Admin, modules: ['admin/admin.tsx'] },
  key: { screen: () => <KeyDetails params={{ id: '' }} />, modules: ['details/key-details.tsx'] },
  list: { screen: KeyList, modules: [] },
  new: { screen: CreateKey, modules: ['create/create-key.tsx'] },
  sessions: { screen: SessionList, modules: ['sessions/session-list.tsx'] },
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

/** The contents of a document of the page. */
interface DocumentContent {
  /** HTML */
  readonly frame: string
  readonly modules: readonly string[]
}

/**
 * Renders each screen as it is while its data is being loaded. The build puts these frames into the documents of
 * the page, so that they are painted before the scripts are there.
 *
 * @returns the contents of each document; and what all of them say if no script can be loaded
 */
export async function renderFrames(language: string): Promise<{
  readonly documents: Readonly<Record<DocumentName, DocumentContent>>
  readonly fault: string
}> {
  await chooseLanguage([language])
  const names = Object.keys(screens) as ScreenName[]
  const rendered = names.map((name): [ScreenName, DocumentContent] => [name, render(name)])
  return {
    documents: {
      ...(Object.fromEntries(rendered) as Record<ScreenName, DocumentContent>),
      other: { frame: '', modules: [] },
    },
    fault: renderToStaticMarkup(<Fault />),
  }
}

function render(name: ScreenName): DocumentContent {
  const { screen: Screen, modules } = screens[name]
  const frame = renderToStaticMarkup(
    <Router base={base} ssrPath={base + screenPaths[name]}>
      <SessionContext value={nobody}>
        <Provider value={silent}>
          <Layout>
            <Screen />
          </Layout>
        </Provider>
      </SessionContext>
    </Router>,
  )
  return { frame, modules }
}
