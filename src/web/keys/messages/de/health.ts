import type { health as english } from '../en/health.ts'

const keys = (count: number) => `${count} Schlüssel`

export const health: typeof english = {
  title: 'Schlüssel, die Aufmerksamkeit brauchen',
  kinds: {
    EXPIRES_SOON: 'Läuft bald ab',
    IDLE: '90 Tage unbenutzt',
    NEVER_EXPIRES: 'Läuft nie ab',
    OWNER_SUSPENDED: 'Besitzer gesperrt',
    PREVIOUS_SECRET_USED: 'Altes Geheimnis in Gebrauch',
    UNUSED_SCOPES: 'Unbenutzte Rechte',
  },
  advice: {
    EXPIRES_SOON:
      'Programme mit diesen Schlüsseln werden bald abgewiesen. Erstellen Sie einen Ersatz.',
    IDLE: 'Seit 90 Tagen hat sie niemand benutzt. Widerrufen Sie, was niemand braucht.',
    NEVER_EXPIRES:
      'Diese Schlüssel gelten bis zum Widerruf. Ersetzen Sie sie durch solche, die ablaufen.',
    OWNER_SUSPENDED: 'Diese Schlüssel gelten wieder, sobald ihr Besitzer entsperrt wird.',
    PREVIOUS_SECRET_USED:
      'Programme senden noch das alte Geheimnis. Geben Sie ihnen das neue, bevor das alte abläuft.',
    UNUSED_SCOPES:
      'Manche Rechte dieser Schlüssel hat noch keine Anfrage gebraucht. Entfernen Sie diese Rechte.',
  },
  count: keys,
  shown: (shown, count) => `Die ersten ${shown} von ${keys(count)}`,
  none: 'Kein Schlüssel hat dieses Problem',
  noneText: 'Hier ist nichts mehr zu tun.',
  allWell: 'Kein Schlüssel braucht Aufmerksamkeit',
  look: 'Ansehen',
  openOwner: 'Benutzer öffnen',
  revoke: 'Widerrufen',
  revoked: 'Der Schlüssel wurde widerrufen.',
  endOldSecret: 'Altes Geheimnis ungültig machen',
  narrowTitle: (name) => `Unbenutzte Rechte von „${name}“ entfernen?`,
  narrowText: 'Keine Anfrage hat diese Rechte gebraucht:',
  replace: 'Ersetzen',
  narrow: (count) => (count === 1 ? '1 Recht entfernen' : `${count} Rechte entfernen`),
}
