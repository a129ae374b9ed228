import type { common as english } from '../en/common.ts'
import type { TimeUnit } from '../time-unit.ts'

const units: Readonly<Record<TimeUnit, readonly [one: string, several: string]>> = {
  year: ['Jahr', 'Jahren'],
  month: ['Monat', 'Monaten'],
  week: ['Woche', 'Wochen'],
  day: ['Tag', 'Tagen'],
  hour: ['Stunde', 'Stunden'],
  minute: ['Minute', 'Minuten'],
}

const months =
  'Januar Februar März April Mai Juni Juli August September Oktober November Dezember'.split(' ')

export const common: typeof english = {
  skipToContent: 'Zum Inhalt springen',
  loading: 'Lädt …',
  cancel: 'Abbrechen',
  save: 'Speichern',
  back: 'Zurück',
  copy: 'Kopieren',
  copied: 'Kopiert',
  copiedAnnouncement: (what) => `${what} kopiert`,
  notCopied:
    'Der Browser hat das Kopieren verhindert. Bitte den Text selbst markieren und kopieren.',
  optional: 'optional',
  dismiss: 'Ausblenden',
  notices: 'Meldungen',
  retry: 'Erneut versuchen',
  notFound: {
    title: 'Diese Seite gibt es nicht',
    text: 'Vielleicht ist die Adresse falsch geschrieben oder der Link veraltet.',
    action: 'Zu den Schlüsseln',
  },

  navigation: {
    label: 'Hauptnavigation',
    keys: 'Schlüssel',
    sessions: 'Sitzungen',
    administration: 'Verwaltung',
  },
  account: {
    label: (name) => `Konto von ${name}`,
    signedInAs: 'Angemeldet als',
    signOut: 'Abmelden',
    signOutFailed: 'Sie sind noch angemeldet: Der Server ist nicht erreichbar.',
  },
  theme: {
    label: 'Darstellung',
    system: 'System',
    light: 'Hell',
    dark: 'Dunkel',
  },

  signIn: {
    title: 'Anmelden',
    lead: 'API-Schlüssel für Programme erstellen, erneuern und widerrufen.',
    action: 'Anmelden',
    errors: {
      denied: 'Sie haben die Anmeldung nicht erlaubt, oder der Issuer hat sie abgelehnt.',
      expired:
        'Die Anmeldung hat zu lange gedauert, oder der Browser hat ihr Cookie nicht behalten. Bitte erneut versuchen.',
      refused: 'Der Server akzeptiert dieses Konto nicht. Bitte den Betreiber fragen.',
      unavailable: 'Der Issuer ist gerade nicht erreichbar. Bitte später erneut versuchen.',
      failed: 'Die Anmeldung ist fehlgeschlagen. Bitte erneut versuchen.',
    },
    continueAs: 'Weiter als',
    developmentNote: 'Nur für die Entwicklung: ohne Passwort und mit beliebigem Namen.',
    anotherName: 'Anderer Name',
    anotherNameHint: 'Zu einem neuen Namen wird ein neuer Benutzer angelegt.',
    continue: 'Weiter',
    people: { ada: 'alle Rechte', grace: 'liest Benutzer, verwaltet eigene Schlüssel' },
    missingTitle: 'Die Anmeldung ist noch nicht eingerichtet',
    missingText: 'Der Betreiber muss diese Variablen setzen und den Server neu starten:',
    variables: {
      OIDC_CLIENT_ID: 'Die Client-Id dieses Servers bei Ihrem Issuer.',
      OIDC_CLIENT_SECRET: 'Das Geheimnis des Clients, falls er eines hat.',
      PUBLIC_URL: 'Die https-URL, unter der Browser den Server sehen.',
      SESSION_KEYS: 'Ein Geheimnis ab 32 Byte, das Sitzungen schützt.',
    },
    endedTitle: 'Sie sind abgemeldet',
    endedText: 'Ihre Sitzung ist beendet. Melden Sie sich wieder an, um fortzufahren.',
    endedAction: 'Wieder anmelden',
  },

  failure: {
    networkTitle: 'Keine Verbindung',
    network: 'Der Server ist nicht erreichbar. Bitte die Verbindung prüfen.',
    signedOutTitle: 'Sie sind abgemeldet',
    signedOut: 'Ihre Sitzung ist beendet. Bitte melden Sie sich wieder an.',
    rateLimitedTitle: 'Zu viele Anfragen',
    rateLimited: (seconds) =>
      seconds > 0
        ? `Der Server bittet um Geduld. Ein neuer Versuch ist in ${seconds} s möglich.`
        : 'Ein neuer Versuch ist jetzt möglich.',
    unavailableTitle: 'Der Server ist nicht verfügbar',
    unavailable: 'Er kann gerade nicht antworten. Es wurde nichts geändert.',
    old: 'Der Server antwortet gerade nicht, deshalb sind diese Angaben vielleicht veraltet. Die Seite versucht es weiter.',
    refusedTitle: 'Der Server lehnt das ab',
    refused: 'Der Server lehnt das ab.',
    inputs: {
      name: () => 'Ein Name hat 1 bis 100 Zeichen in einer Zeile und keine unsichtbaren.',
      'createUser.name': () =>
        'Ein Name hat höchstens 200 Zeichen in einer Zeile und keine unsichtbaren.',
      description: () => 'Eine Beschreibung hat höchstens 500 Zeichen und keine unsichtbaren.',
      metadata: () =>
        'Metadaten haben höchstens 4096 Byte und 8 Ebenen und nur Zeichen, die sich speichern lassen.',
      expiresAt: ({ maxLifetimeDays }) =>
        maxLifetimeDays === null
          ? 'Bitte einen Tag in der Zukunft wählen, vor dem Jahr 9999.'
          : `Bitte einen Tag in den nächsten ${maxLifetimeDays} Tagen wählen.`,
      scopes: () =>
        'Die Rechte des Schlüssels oder des Servers haben sich geändert. Bitte neu laden.',
      addScopes: () =>
        'Einige dieser Rechte lassen sich keinem Schlüssel hinzufügen. Bitte neu laden.',
      reason: () => 'Ein Grund hat höchstens 500 Zeichen und keine unsichtbaren.',
      search: () => 'Dieser Text ist zu lang für die Suche.',
      subject: () => 'Ein Subject hat 1 bis 255 sichtbare Zeichen, Leerzeichen nur dazwischen.',
      email: () => 'Das ist keine E-Mail-Adresse.',
      issuer: () => 'Diesem Issuer vertraut der Server nicht.',
    },
    conflicts: {
      createApiKey: ({ maxPerUser }) =>
        `Sie haben schon so viele aktive Schlüssel, wie dieser Server erlaubt: ${maxPerUser}. Bitte zuerst einen widerrufen.`,
      updateApiKey: () =>
        'Der Schlüssel wurde inzwischen geändert, oder sein altes Geheimnis gilt noch. Bitte neu laden.',
      rotateApiKey: () => 'Der Schlüssel wurde inzwischen geändert. Bitte neu laden.',
      expirePreviousSecret: () =>
        'Der Schlüssel ist widerrufen oder abgelaufen, deshalb gilt keines seiner Geheimnisse mehr.',
      createUser: () => 'Diesen Benutzer gibt es schon.',
      deleteUser: () => 'Der Benutzer hat aktive Schlüssel, die dieser Dialog nicht zeigt.',
    },
    codes: {
      FORBIDDEN: ({ missingScopes }) =>
        missingScopes.length === 0
          ? 'Dafür fehlt Ihnen ein Recht.'
          : `Dafür fehlt Ihnen: ${missingScopes.join(', ')}.`,
      NOT_FOUND: () => 'Das gibt es nicht oder nicht mehr.',
      BAD_USER_INPUT: ({ message }) => `Der Server nimmt diese Eingabe nicht an: ${message}`,
      CONFLICT: ({ message }) => `Das geht gerade nicht: ${message}`,
      USER_STOPPED: () =>
        'Dieser Benutzer ist gelöscht oder gesperrt. Bitte ein anderes Konto wählen.',
      REFUSED: () => 'Der Server hat die Anmeldung abgelehnt. Bitte erneut versuchen.',
    },
    crashedTitle: 'Auf der Seite ist ein Fehler aufgetreten',
    crashed: 'Bitte neu laden. Hilft das nicht, informieren Sie den Betreiber dieses Servers.',
    reload: 'Neu laden',
  },

  status: {
    ACTIVE: 'Aktiv',
    EXPIRED: 'Abgelaufen',
    REVOKED: 'Widerrufen',
    expiresSoon: 'Läuft bald ab',
    rotating: 'Wird erneuert',
  },

  time: {
    never: 'Nie',
    now: 'gerade eben',
    past: (count, unit) => `vor ${count} ${units[unit][count === 1 ? 0 : 1]}`,
    future: (count, unit) => `in ${count} ${units[unit][count === 1 ? 0 : 1]}`,
    date: (day, month, year) => `${day}. ${months[month]} ${year}`,
    from: (address) => `von ${address}`,
    by: (program) => `mit ${program}`,
    fromBy: (address, program) => `von ${address} mit ${program}`,
  },
}
