import type { KeySort, KeySortValue } from '../keys/sort.ts'
import { type CursorForm, timeForm } from './pages.ts'

/** A form whose texts begin with `name`, so that a cursor of a list in another order is refused. */
function named<Value>(name: string, form: CursorForm<Value>): CursorForm<KeySortValue> {
  return {
    encode: (value) => `${name}=${form.encode(value as Value)}`,
    decode: (text) =>
      text.startsWith(`${name}=`)
        ? (form.decode(text.slice(name.length + 1)) as KeySortValue | undefined)
        : undefined,
  }
}

/** A time, or empty for a key that was never used or does not expire. */
const optionalTime: CursorForm<Date | null> = {
  encode: (at) => (at === null ? '' : timeForm.encode(at)),
  decode: (text) => (text === '' ? null : timeForm.decode(text)),
}

/** Characters. Names are shorter. */
const maxNameLength = 400

const nameText: CursorForm<string> = {
  encode: (name) => name,
  // The type `text` of PostgreSQL holds every character except NUL.
  decode: (text) => (text.length > maxNameLength || text.includes('\0') ? undefined : text),
}

/** The forms of cursors in lists of keys. */
export const keyCursorForms: Readonly<Record<KeySort, CursorForm<KeySortValue>>> = {
  NEWEST: timeForm as CursorForm<KeySortValue>,
  NAME: named('name', nameText),
  LAST_USED: named('used', optionalTime),
  EXPIRES: named('expires', optionalTime),
}
