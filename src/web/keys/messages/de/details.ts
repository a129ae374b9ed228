import type { details as english } from '../en/details.ts'

const created = (count: number) =>
  count === 1 ? '1 damit erstellter Schlüssel' : `${count} damit erstellte Schlüssel`
const scopes = (count: number) => (count === 1 ? '1 Recht' : `${count} Rechte`)

export const details: typeof english = {
  title: 'API-Schlüssel',
  lead: 'Hier steht, was der Schlüssel darf, was er genutzt hat und was mit ihm geschehen ist.',
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
  scopesLead: 'Was der Schlüssel darf und wann eine Anfrage es zuletzt brauchte.',
  scopesLeadPast: 'Was der Schlüssel durfte und wann eine Anfrage es zuletzt brauchte.',
  scopeColumns: { scope: 'Recht', used: 'Zuletzt gebraucht' },
  notNeeded: 'Noch nie gebraucht',
  neverNeeded: 'Nie gebraucht',
  withheld:
    'Ruht: Dem Besitzer oder dem Schlüssel, mit dem dieser erstellt wurde, fehlt es zurzeit.',
  unused: (count) =>
    count === 1
      ? 'Keine Anfrage hat dieses Recht gebraucht:'
      : `Keine Anfrage hat diese ${scopes(count)} gebraucht:`,
  allUnused: 'Bisher hat keine Anfrage ein Recht dieses Schlüssels gebraucht.',
  allUsed: 'Anfragen haben alle Rechte dieses Schlüssels gebraucht.',
  narrow: (count) => (count === 1 ? 'Entfernen' : `Alle ${count} entfernen`),
  narrowed: (count) => `${scopes(count)} entfernt.`,
  narrowsOthers: (count) =>
    `${created(count)} ${count === 1 ? 'verliert' : 'verlieren'} ebenfalls Rechte, und zwar endgültig.`,
  narrowsNone: 'Nichts, was heute läuft, verliert ein Recht.',

  removeScopes: 'Rechte entfernen',
  removeLead:
    'Das Geheimnis bleibt gleich. Was ein entferntes Recht braucht, können die Programme des Schlüssels nicht mehr.',
  remove: (count) => (count === 0 ? 'Rechte entfernen' : `${scopes(count)} entfernen`),
  removeNotAll:
    'Ein Schlüssel hat mindestens ein Recht. Um den Schlüssel zu beenden, widerrufen Sie ihn.',

  addScopes: 'Rechte hinzufügen',
  addTitle: 'Rechte hinzufügen',
  addLead: 'Das Geheimnis bleibt gleich. Rechte für die Verwaltung lassen sich nicht hinzufügen.',
  add: (count) => (count === 0 ? 'Rechte hinzufügen' : `${scopes(count)} hinzufügen`),
  added: (count) => `${scopes(count)} hinzugefügt.`,
  allAdded: 'Der Schlüssel hat alle Rechte, die sich hinzufügen lassen.',
  addWhileRotating:
    'Solange ein altes Geheimnis gilt, lassen sich keine Rechte hinzufügen. Machen Sie es zuerst ungültig, oder warten Sie, bis es abläuft.',
  askedTitle: 'Ein Link bittet um weitere Rechte für diesen Schlüssel',
  askedText:
    'Fügen Sie sie nur hinzu, wenn Sie wissen, wozu das Programm sie braucht. Bisher wurde nichts geändert.',
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
  grace: 'Gültigkeit des alten Geheimnisses',
  graces: {
    '0': 'endet sofort',
    '3600': '1 Stunde',
    '86400': '24 Stunden',
    '604800': '7 Tage',
    '2592000': '30 Tage',
  },
  rotateAgain:
    'Von der letzten Erneuerung gilt noch ein altes Geheimnis. Es gilt nicht mehr, sobald Sie noch einmal erneuern.',
  rotateAction: 'Erneuern',
  rotatedTitle: (name) => `„${name}“ hat ein neues Geheimnis`,
  rotated: 'Erneuert',
  createdWith: 'Mit dem ersten Geheimnis erstellt',

  oldSecretUsed: 'Das alte Geheimnis wurde benutzt',
  oldSecretUnused: 'Seitdem hat niemand das alte Geheimnis benutzt',
  oldSecretEnds: 'Das alte Geheimnis läuft ab',
  endNow: 'Altes Geheimnis ungültig machen …',
  endTitle: 'Altes Geheimnis jetzt ungültig machen?',
  endText: 'Programme, die es noch senden, werden sofort abgewiesen.',
  endUsed: 'Zuletzt benutzt:',
  endUnused: 'Seit der Erneuerung hat es niemand benutzt.',
  endAction: 'Ungültig machen',
  ended: 'Das alte Geheimnis gilt nicht mehr.',

  descendants: 'Damit erstellte Schlüssel',
  descendantsLead: 'Sie dürfen nie mehr als dieser Schlüssel und werden mit ihm widerrufen.',

  metadata: 'Metadaten',
  noMetadata: 'Keine Metadaten. Programme können hier Angaben speichern, etwa das Team.',
  metadataField: 'Metadaten (JSON)',
  metadataInvalid: 'Bitte ein JSON-Objekt eingeben, etwa {"team": "shop"}.',

  activity: 'Verlauf',
  noActivity: 'Es wurde nichts aufgezeichnet.',
  more: 'Mehr zeigen',
  by: (name) => `von ${name}`,
  byYou: 'von Ihnen',
  byOperator: 'vom Betreiber',
  events: {
    'api_key.created': 'Schlüssel erstellt',
    'api_key.updated': 'Schlüssel geändert',
    'api_key.widened': 'Rechte hinzugefügt',
    'api_key.rotated': 'Geheimnis erneuert',
    'api_key.previous_secret_expired': 'Altes Geheimnis ungültig gemacht',
    'api_key.revoked': 'Schlüssel widerrufen',
    'credential.refused': 'Zugang abgewiesen',
    'user.created': 'Benutzer angelegt',
    'user.updated': 'Benutzer geändert',
    'user.suspended': 'Benutzer gesperrt',
    'user.reactivated': 'Benutzer entsperrt',
    'user.deleted': 'Benutzer gelöscht',
    'user.scopes_set': 'Obergrenze geändert',
    'user.signed_out': 'Überall abgemeldet',
    'user.merged': 'Benutzer zusammengeführt',
  },

  eventFields: {
    alias: 'Anderer Name des Issuers',
    allOf: 'Alle Schlüssel des Benutzers',
    ancestorId: 'Zusammen mit dem Schlüssel',
    apiKeys: 'Schlüssel',
    count: 'Anzahl der Abweisungen',
    description: 'Beschreibung',
    email: 'E-Mail-Adresse',
    expiresAt: 'Läuft ab',
    firstSeen: 'Zuerst gesehen mit',
    issuer: 'Issuer',
    issuerScopes: 'Rechte vom Issuer',
    metadata: 'Metadaten',
    name: 'Name',
    ownerId: 'Besitzer',
    parentId: 'Erstellt mit dem Schlüssel',
    previousExpiresAt: 'Altes Geheimnis läuft ab',
    previousLastUsedAt: 'Altes Geheimnis zuletzt benutzt',
    reason: 'Grund',
    scopes: 'Rechte',
    since: 'Seit',
    sourceAddress: 'Adresse',
    status: 'Status',
    subject: 'Subject',
  },
  eventFlags: { force: 'Ein noch früheres Geheimnis galt sofort nicht mehr' },
  refusals: {
    ambiguous: 'mehr als ein Zugang',
    unrecognised: 'kein Zugang, den der Server kennt',
    'key-malformed': 'nicht der Text eines Schlüssels',
    'key-unknown': 'diesen Schlüssel gibt es nicht',
    'key-secret-wrong': 'das Geheimnis ist falsch',
    'key-revoked': 'der Schlüssel wurde widerrufen',
    'key-expired': 'der Schlüssel ist abgelaufen',
    'owner-suspended': 'der Benutzer ist gesperrt',
    'owner-deleted': 'der Benutzer wurde gelöscht',
    'owner-signed-out': 'der Benutzer hat sich überall abgemeldet',
    'owner-of-untrusted-issuer': 'dem Issuer des Benutzers wird nicht vertraut',
    'session-ended': 'die Sitzung ist beendet',
    'jwt-expired': 'das JWT ist abgelaufen',
    'jwt-signature': 'die Signatur des JWT ist falsch',
    'jwt-audience': 'das JWT gilt für einen anderen Empfänger',
    'jwt-unknown-issuer': 'der Issuer des JWT ist unbekannt',
  },

  revoke: 'Widerrufen',
  revokeTitle: (name) => `„${name}“ widerrufen?`,
  revokeText:
    'Programme mit diesem Schlüssel werden sofort auf allen Servern abgewiesen. Das lässt sich nicht rückgängig machen.',
  revokeUsed: 'Zuletzt benutzt',
  revokeScopes: 'Benutzte Rechte',
  revokeOthers: (count) =>
    `${created(count)} ${count === 1 ? 'wird' : 'werden'} ebenfalls widerrufen`,
  andMore: (count) => `und ${count} weitere`,
  typeName: 'Zur Bestätigung den Namen des Schlüssels eingeben',
  inUse:
    'Ein Programm hat diesen oder einen damit erstellten Schlüssel in den letzten 24 Stunden benutzt.',
  revokeAction: 'Schlüssel widerrufen',
  refusedSoon: 'Widerrufen. Gleich weisen ihn alle Server ab …',
  refusedSince: 'Überall abgewiesen seit',
  refusedOthers: (count) =>
    `${created(count)} ${count === 1 ? 'wird' : 'werden'} ebenfalls abgewiesen:`,
}
