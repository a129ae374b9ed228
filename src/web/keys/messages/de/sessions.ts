import type { sessions as english } from '../en/sessions.ts'

export const sessions: typeof english = {
  title: 'Sitzungen',
  lead: 'Die Browser, in denen Sie auf dieser Seite angemeldet sind.',
  unknown: 'Unbekanntes Programm',
  browserOn: (browser, system) => `${browser} unter ${system}`,
  current: 'Dieser Browser',
  from: (address) => `von ${address}`,
  signedIn: 'Angemeldet',
  lastUsed: 'Zuletzt benutzt',
  expires: 'Endet',
  end: 'Beenden',
  endOf: (browser) => `Sitzung in ${browser} beenden`,
  ended: 'Die Sitzung wurde beendet.',
  everywhere: 'Überall abmelden',
  everywhereTitle: 'Überall abmelden?',
  everywhereText:
    'Alle Ihre Sitzungen enden, auch diese, und der Server weist alle bisher ausgestellten Tokens ab.',
  everywhereKeys:
    'Ihre API-Schlüssel gelten weiter. Widerrufen Sie solche, die andere kennen könnten.',
  everywhereAction: 'Überall abmelden',
}
