import type { list as english } from '../en/list.ts'

const keys = (count: number) => (count === 1 ? '1 Schlüssel' : `${count} Schlüssel`)

export const list: typeof english = {
  title: 'API-Schlüssel',
  lead: 'Damit nutzen Programme die API in Ihrem Namen, mit Rechten Ihrer Wahl.',
  create: 'Neuer Schlüssel',

  search: 'Nach Name oder Id suchen',
  status: 'Status',
  anyStatus: 'Alle Status',
  sort: 'Reihenfolge',
  sorts: {
    NEWEST: 'Neueste zuerst',
    NAME: 'Nach Name',
    LAST_USED: 'Zuletzt benutzte zuerst',
    EXPIRES: 'Frühester Ablauf zuerst',
  },

  columns: {
    name: 'Name',
    scopes: 'Rechte',
    lastUsed: 'Zuletzt benutzt',
    expires: 'Läuft ab',
    status: 'Status',
    actions: 'Aktionen',
  },
  andScopes: (scopes) => `und ${scopes}`,
  select: (name) => `${name} auswählen`,
  selectAll: 'Alle Schlüssel dieser Seite auswählen',
  actionsFor: (name) => `Aktionen für ${name}`,
  open: 'Öffnen',
  copyId: 'Id kopieren',
  id: 'Id',
  revoke: 'Widerrufen …',

  pages: 'Seiten',
  count: keys,
  previous: 'Zurück',
  next: 'Weiter',

  selection: 'Auswahl',
  selected: (count) => `${keys(count)} ausgewählt`,
  clearSelection: 'Auswahl aufheben',

  revokeTitle: (count) => `${keys(count)} widerrufen?`,
  revokeText:
    'Programme mit diesen Schlüsseln werden sofort auf allen Servern abgewiesen. Damit erstellte Schlüssel werden ebenfalls widerrufen. Das lässt sich nicht rückgängig machen.',
  revokeAction: (count) => `${keys(count)} widerrufen`,
  neverUsed: 'nie benutzt',
  lastUsed: 'zuletzt benutzt',
  reason: 'Grund',
  word: 'widerrufen',
  typeWord: (word) => `Zur Bestätigung „${word}“ eingeben`,
  inUse:
    'In den letzten 24 Stunden hat ein Programm vielleicht einen dieser Schlüssel oder einen damit erstellten benutzt.',
  revokedSome: (done, count) =>
    `${done} von ${keys(count)} ${done === 1 ? 'wurde' : 'wurden'} widerrufen. Die übrigen nicht:`,
  revoked: (count, descendants) =>
    descendants === 0
      ? `${keys(count)} widerrufen.`
      : `${keys(count)} und ${descendants} damit erstellte widerrufen.`,

  emptyTitle: 'Erstellen Sie Ihren ersten Schlüssel',
  emptyText: (max) =>
    `Ein Schlüssel ist das Passwort eines Programms. Geben Sie jedem Programm einen eigenen, nur mit den nötigen Rechten. Möglich sind ${max} aktive Schlüssel.`,
  emptyAction: 'Neuer Schlüssel',
  noMatchTitle: 'Kein Treffer',
  noMatchText: 'Die Suche findet den Anfang eines Namens und ganze Ids.',
  clearFilters: 'Alle Schlüssel zeigen',
}
