import { en } from './en.ts'

export type Messages = typeof en

/** The texts in the language of the person. */
export let m: Messages = en

/** The tag of that language, for dates and numbers. */
export let language = 'en'

/** The tag for dates. English ones begin with the day in every region, as those of the texts do. */
export function dateLanguage(): string {
  return /^en\b/i.test(language) ? 'en-GB' : language
}

/** Chooses the first language of the browser that the page knows. To be called before the first text. */
export async function chooseLanguage(wanted: readonly string[]): Promise<void> {
  const known = wanted.find((tag) => /^(en|de)\b/i.test(tag))
  if (known === undefined) return
  language = known
  if (/^de\b/i.test(known)) m = (await import('./de.ts')).de
  document.documentElement.lang = known
}
