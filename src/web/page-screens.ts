/** The screens that a document of the keys page shows before its scripts run, each with its path below the page. */
export const screenPaths = {
  admin: '/admin',
  'admin-audit': '/admin/audit',
  'admin-health': '/admin/health',
  key: '/:id',
  list: '/',
  new: '/new',
  sessions: '/sessions',
} as const

export type ScreenName = keyof typeof screenPaths

/** The name of a document: that of its screen. `other` shows nothing until the scripts run. */
export type DocumentName = ScreenName | 'other'

const names = new Map<string, ScreenName>(
  Object.entries(screenPaths).map(([name, path]) => [path, name as ScreenName]),
)

/** Returns the name of the document for a path below the page, such as `/new`. */
export function documentOf(below: string): DocumentName {
  const name = names.get(below === '' ? '/' : below)
  if (name !== undefined) return name
  const isKey = /^\/[\w-]+$/.test(below) && below !== '/sign-in'
  return isKey ? 'key' : 'other'
}
