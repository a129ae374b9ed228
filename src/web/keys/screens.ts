import { KeyList } from './list/key-list.tsx'
import { lazyScreen } from './shell/screen.tsx'

export const Admin = lazyScreen(() => import('./admin/admin.tsx'))
export const CreateKey = lazyScreen(() => import('./create/create-key.tsx'))
export const Finding = lazyScreen(() => import('./health/finding.tsx'))
export const KeyDetails = lazyScreen(() => import('./details/key-details.tsx'))
export const SessionList = lazyScreen(() => import('./sessions/session-list.tsx'))
export const AuditTrail = lazyScreen(() => import('./admin/audit-trail.tsx'))
export const User = lazyScreen(() => import('./admin/user.tsx'))
export { KeyList }

interface Loadable {
  load(): Promise<unknown>
}

const screens = new Map<string, Loadable>([
  ['admin', Admin],
  ['health', Finding],
  ['new', CreateKey],
  ['sessions', SessionList],
])
const partsOfAdmin = new Map<string, Loadable>([
  ['audit', AuditTrail],
  ['health', Finding],
  ['users', User],
])

/** Loads the screen of a path below the page, such as `/new`. */
export async function loadScreen(path: string): Promise<void> {
  const [, name = '', part = ''] = path.split('/')
  if (name === '' || name === 'sign-in') return
  await Promise.all([
    (screens.get(name) ?? KeyDetails).load(),
    name === 'admin' && partsOfAdmin.get(part)?.load(),
  ])
}
