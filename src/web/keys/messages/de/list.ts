import type { list as english } from '../en/list.ts'

export const list: typeof english = {
  title: 'API-Schlüssel',
  lead: 'Mit Schlüsseln rufen Ihre Programme die API in Ihrem Namen auf, mit den gewählten Rechten.',
  create: 'Neuer Schlüssel',
}
