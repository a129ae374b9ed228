import type { secret as english } from '../en/secret.ts'

export const secret: typeof english = {
  title: (name) => `„${name}“ ist bereit`,
  lead: 'Geben Sie den Schlüssel jetzt Ihrem Programm.',
  once: 'Nur diese Seite zeigt den Schlüssel, und nur jetzt. Der Server behält keine Kopie.',
  key: 'API-Schlüssel',
  copy: 'Schlüssel kopieren',
  reveal: 'Anzeigen',
  hide: 'Verbergen',
  never: 'Läuft nicht ab',
  expires: (date) => `Läuft am ${date} ab`,
  use: 'Verwendung',
  githubComment: '# Auf Nachfrage den Schlüssel einfügen.',
  done: 'Fertig',
  leaveTitle: 'Ist der Schlüssel gespeichert?',
  leaveText: 'Er wird nicht wieder gezeigt. Geht er verloren, hilft nur ein neues Geheimnis.',
  lost: 'Id des Schlüssels:',
  stay: 'Hier bleiben',
  leave: 'Verlassen',
}
