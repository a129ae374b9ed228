import type { create as english } from '../en/create.ts'

const scopes = (count: number) => (count === 1 ? '1 Recht' : `${count} Rechte`)
const take = (count: number) =>
  count === 1 ? 'Genau dieses Recht übernehmen' : `Genau diese ${count} Rechte übernehmen`

export const create: typeof english = {
  title: 'Neuer API-Schlüssel',
  lead: 'Der Schlüssel handelt in Ihrem Namen, mit den Rechten, die Sie hier wählen.',
  action: 'Schlüssel erstellen',
  about: 'Angaben',
  name: 'Name',
  nameHint: 'Am besten der Name des Programms, das ihn benutzt.',
  nameMissing: 'Bitte einen Namen eingeben.',
  description: 'Beschreibung',
  metadata: 'Metadaten',
  metadataHint: 'Angaben zum Schlüssel, zum Beispiel das Team. Sie sind nicht geheim.',
  property: (number) => `Eigenschaft ${number}`,
  value: (number) => `Wert ${number}`,
  addProperty: 'Eigenschaft hinzufügen',
  removeProperty: (number) => `Eigenschaft ${number} entfernen`,
  metadataInvalid: (property) =>
    property === ''
      ? 'Jeder Wert der Metadaten braucht eine Eigenschaft.'
      : `Die Eigenschaft ${property} kommt in den Metadaten zweimal vor.`,

  expiry: 'Ablauf',
  days: (days) => `${days} Tage`,
  expiries: { date: 'Datum …', never: 'Nie' },
  date: 'Letzter Tag',
  dateMissing: 'Bitte ein Datum in der Zukunft wählen.',
  expiresOn: (date) => `Der Schlüssel läuft am ${date} ab.`,
  neverHint:
    'Ohne Ablauf gilt der Schlüssel, bis er widerrufen wird. Erneuern Sie ihn von Zeit zu Zeit.',
  limit: (days) => `Dieser Server erlaubt höchstens ${days === 1 ? '1 Tag' : `${days} Tage`}.`,

  scopes: 'Rechte',
  choose: 'Rechte wählen',
  fromOperation: 'Aus einer Abfrage',
  scopesMissing: (offered) =>
    offered === 0
      ? 'Bitte mindestens ein Recht wählen.'
      : `Bitte mindestens ein Recht wählen, zum Beispiel mit „${take(offered)}“.`,
  selected: scopes,
  otherScopes: 'Weitere',
  notHeld: 'Dieses Recht haben Sie nicht.',
  opens: (fields) => (fields === 1 ? 'Zugriff auf 1 Feld' : `Zugriff auf ${fields} Felder`),
  startWith: 'Vorlage',
  templates: { reading: 'Nur lesen', ownKeys: 'Eigenen Schlüssel erneuern', none: 'Leeren' },
  unknown: (count) =>
    count === 1
      ? 'Der Link nennt 1 Recht, das es auf diesem Server nicht gibt.'
      : `Der Link nennt ${count} Rechte, die es auf diesem Server nicht gibt.`,
  replaces: (name) =>
    `Name, Beschreibung und Metadaten stammen vom Schlüssel „${name}“, der unverändert bleibt.`,
  fromLink: 'Ein Link hat diese Rechte vorausgewählt. Bitte vor dem Erstellen prüfen.',

  document: 'GraphQL-Abfragen',
  documentHint:
    'Eine oder mehrere Abfragen einfügen oder .graphql-Dateien hierher ziehen. Es wird nichts ausgeführt.',
  chooseFiles: 'Dateien wählen',
  ignoredFiles: 'Nicht gelesen, denn möglich sind nur .graphql- und .gql-Dateien bis 256 KB:',
  ignoredOperations: (checked, all) =>
    `Nur die ersten ${checked} von ${all} Abfragen wurden geprüft. Bitte die übrigen getrennt eingeben.`,
  unnamedOperation: 'Abfrage ohne Namen',
  invalidDocument: 'Noch nicht gültig',
  checking: 'Wird geprüft …',
  noScopes:
    'Diese Abfragen brauchen kein Recht. Ein Schlüssel hat aber mindestens eines: bitte selbst wählen.',
  missing: (names) =>
    `Ihnen fehlt ${names}, deshalb können es auch Ihre Schlüssel nicht haben. Jemand mit write:grants kann es Ihnen geben.`,
  take,
  line: (line) => `Zeile ${line}`,
  alternatives: (lists) =>
    lists.map((list) => (list.length === 0 ? 'jeder Zugang' : list.join(' + '))).join(' oder '),
}
