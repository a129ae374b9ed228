import type { details as english } from '../en/details.ts'

const keys = (count: number) => `${count} Schlüssel`
const scopes = (count: number) => (count === 1 ? '1 Recht' : `${count} Rechte`)

export const details: typeof english = {
  missingTitle: 'Diesen Schlüssel gibt es nicht',
  missingText:
    'Er wurde mit seinem Benutzer gelöscht, gehört jemand anderem, oder die Adresse ist falsch.',
  edit: 'Bearbeiten',
  editTitle: 'Schlüssel bearbeiten',
  saved: 'Gespeichert.',

  facts: 'Angaben',
  id: 'Id',
  created: 'Erstellt',
  expires: 'Läuft ab',
  lastUsed: 'Zuletzt benutzt',
  owner: 'Besitzer',
  parent: 'Erstellt mit',
  reason: 'Grund',

  scopes: 'Rechte',
  scopesLead: 'Was der Schlüssel darf, und wann eine Anfrage es zuletzt brauchte.',
  scopesLeadPast: 'Was der Schlüssel durfte, und wann eine Anfrage es zuletzt brauchte.',
  scopeColumns: { scope: 'Recht', used: 'Zuletzt gebraucht' },
  notNeeded: 'Noch nie gebraucht',
  neverNeeded: 'Nie gebraucht',
  withheld: 'Ruht: Dem Besitzer oder dem Schlüssel darüber fehlt es zurzeit.',
  unused: (count) =>
    count === 1
      ? 'Keine Anfrage hat dieses Recht gebraucht:'
      : `Keine Anfrage hat diese ${scopes(count)} gebraucht:`,
  allUnused: 'Bisher hat keine Anfrage ein Recht dieses Schlüssels gebraucht.',
  allUsed: 'Anfragen haben alle Rechte dieses Schlüssels gebraucht.',
  narrow: (count) => (count === 1 ? 'Entfernen' : `Alle ${count} entfernen`),
  narrowed: (count) => `${scopes(count)} entfernt.`,
  narrowsOthers: (count) =>
    `${keys(count)}, mit diesem erstellt, ${count === 1 ? 'verliert' : 'verlieren'} ebenfalls Rechte, und zwar endgültig.`,
  narrowsNone: 'Nichts, was heute läuft, verliert ein Recht.',

  addScopes: 'Rechte hinzufügen',
  addTitle: 'Rechte hinzufügen',
  addLead: 'Das Geheimnis bleibt gleich. Rechte der Verwaltung lassen sich nicht hinzufügen.',
  add: (count) => (count === 0 ? 'Rechte hinzufügen' : `${scopes(count)} hinzufügen`),
  added: (count) => `${scopes(count)} hinzugefügt.`,
  allAdded: 'Der Schlüssel hat alle Rechte, die sich hinzufügen lassen.',
  addWhileRotating:
    'Solange ein altes Geheimnis gilt, lassen sich keine Rechte hinzufügen. Beenden Sie es zuerst.',
  askedTitle: 'Ein Link bittet um weitere Rechte für diesen Schlüssel',
  askedText:
    'Fügen Sie sie nur hinzu, wenn Sie wissen, wozu das Programm sie braucht. Noch ist nichts geändert.',
  askedUsed: 'Der Schlüssel wurde zuletzt benutzt:',
  askedNeverUsed: 'Der Schlüssel wurde noch nie benutzt.',
  askedHeld: 'Diese hat der Schlüssel schon:',
  askedNotHeld: (names) => `Ihnen fehlt ${names}. Jemand mit write:grants kann es Ihnen geben.`,
  askedFixed: (names) =>
    `${names} lässt sich keinem Schlüssel hinzufügen. Ein neuer kann es haben, wenn Sie es haben.`,
  askedEnded: {
    REVOKED: 'Der Schlüssel wurde widerrufen, deshalb lässt sich nichts hinzufügen.',
    EXPIRED: 'Der Schlüssel ist abgelaufen, deshalb lässt sich nichts hinzufügen.',
  },
  askedReplace: 'Ein neuer Schlüssel kann die Rechte dieses Schlüssels und die des Links haben:',
  askedNewKey: 'Neuer Schlüssel mit diesen Rechten',
  askedDismiss: 'Nicht jetzt',

  rotation: 'Geheimnis',
  rotate: 'Erneuern',
  rotateTitle: 'Geheimnis erneuern?',
  rotateText:
    'Der Schlüssel erhält ein neues Geheimnis, das sofort gilt. Rechte, Ablauf und Id bleiben gleich.',
  grace: 'Das alte gilt noch',
  graces: {
    '0': 'gar nicht',
    '3600': '1 Stunde',
    '86400': '24 Stunden',
    '604800': '7 Tage',
    '2592000': '30 Tage',
  },
  rotateAgain:
    'Das alte Geheimnis des letzten Wechsels gilt noch. Es endet, sobald Sie erneut wechseln.',
  rotateAction: 'Erneuern',
  rotatedTitle: (name) => `„${name}“ hat ein neues Geheimnis`,
  rotated: 'Erneuert',
  createdWith: 'Mit dem ersten Geheimnis erstellt',

  oldSecretUsed: 'Das alte Geheimnis wurde benutzt',
  oldSecretUnused: 'Niemand hat seitdem das alte Geheimnis benutzt',
  oldSecretEnds: 'Das alte Geheimnis endet',
  endNow: 'Altes Geheimnis beenden …',
  endTitle: 'Altes Geheimnis jetzt beenden?',
  endText: 'Programme, die es noch senden, werden sofort abgewiesen.',
  endUsed: 'Zuletzt benutzt:',
  endUnused: 'Seit dem Wechsel hat es niemand benutzt.',
  endAction: 'Altes Geheimnis beenden',
  ended: 'Das alte Geheimnis gilt nicht mehr.',

  descendants: 'Damit erstellte Schlüssel',
  descendantsLead: 'Sie dürfen nie mehr als dieser Schlüssel und werden mit ihm widerrufen.',

  metadata: 'Metadaten',
  noMetadata: 'Keine Metadaten. Programme können hier Angaben speichern, etwa das Team.',
  metadataField: 'Metadaten (JSON)',
  metadataInvalid: 'Bitte ein JSON-Objekt eingeben, etwa {"team": "shop"}.',

  activity: 'Verlauf',
  noActivity: 'Nichts wurde aufgezeichnet.',
  more: 'Mehr zeigen',
  by: (name) => `durch ${name}`,
  byOperator: 'durch den Betreiber',
  events: {
    'api_key.created': 'Schlüssel erstellt',
    'api_key.updated': 'Schlüssel geändert',
    'api_key.widened': 'Rechte hinzugefügt',
    'api_key.rotated': 'Geheimnis erneuert',
    'api_key.previous_secret_expired': 'Altes Geheimnis beendet',
    'api_key.revoked': 'Schlüssel widerrufen',
    'credential.refused': 'Zugang abgewiesen',
    'user.created': 'Benutzer angelegt',
    'user.updated': 'Benutzer geändert',
    'user.suspended': 'Benutzer gesperrt',
    'user.reactivated': 'Benutzer entsperrt',
    'user.deleted': 'Benutzer gelöscht',
    'user.scopes_set': 'Rechte des Benutzers geändert',
    'user.signed_out': 'Überall abgemeldet',
    'user.merged': 'Benutzer zusammengeführt',
  },

  revoke: 'Widerrufen',
  revokeText:
    'Programme mit diesem Schlüssel werden sofort auf allen Servern abgewiesen. Das lässt sich nicht rückgängig machen.',
  revokeUsed: 'Zuletzt benutzt',
  revokeScopes: 'Benutzte Rechte',
  revokeOthers: (count) =>
    `${keys(count)}, damit erstellt, ${count === 1 ? 'wird' : 'werden'} ebenfalls widerrufen`,
  andMore: (count) => `und ${count} weitere`,
  typeName: 'Zur Bestätigung den Namen des Schlüssels eingeben',
  inUse: 'Ein Programm hat ihn in den letzten 24 Stunden benutzt.',
  revokeAction: 'Schlüssel widerrufen',
  refusedSoon: 'Widerrufen. Gleich weisen ihn alle Server ab …',
  refusedSince: 'Überall abgewiesen seit',
  refusedOthers: (count) =>
    `${keys(count)}, damit erstellt, ${count === 1 ? 'wird' : 'werden'} ebenfalls abgewiesen:`,
}
