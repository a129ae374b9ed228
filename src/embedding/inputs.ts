import { BadUserInputError } from '../errors.ts'
import { isVisibleAscii } from '../visible-ascii.ts'

/** The form of an input. `text!` is required; the others may be left out or `null`. */
export type InputKind = keyof typeof forms

const isText = (value: unknown) => typeof value === 'string'

const forms = {
  'text!': { isRequired: true, is: isText, name: 'a text' },
  'texts!': { isRequired: true, is: isTexts, name: 'an array of texts' },
  text: { isRequired: false, is: isText, name: 'a text' },
  'request id': { isRequired: false, is: isRequestId, name: '1 to 128 visible ASCII characters' },
  texts: { isRequired: false, is: isTexts, name: 'an array of texts' },
  date: { isRequired: false, is: isDate, name: 'a valid Date' },
  integer: { isRequired: false, is: Number.isSafeInteger, name: 'a whole number' },
  boolean: {
    isRequired: false,
    is: (value: unknown) => typeof value === 'boolean',
    name: 'true or false',
  },
  json: { isRequired: false, is: isJsonObject, name: 'an object of JSON values' },
}

export const callInputs = { requestId: 'request id' } as const
export const pageInputs = {
  first: 'integer',
  after: 'text',
  last: 'integer',
  before: 'text',
} as const

/**
 * Checks the types of the inputs, which GraphQL does for resolvers, and refuses unknown inputs.
 *
 * @throws BadUserInputError that names the input
 */
export function checkInputs(call: object, kinds: Readonly<Record<string, InputKind>>): void {
  const allowed: Readonly<Record<string, InputKind>> = { ...callInputs, ...kinds }
  for (const name of Object.keys(call)) {
    if (name !== 'as' && !Object.hasOwn(allowed, name)) {
      throw new BadUserInputError(
        name,
        `\`${name}\` is not an input of this operation. Its inputs are ${Object.keys(allowed).join(', ')}.`,
      )
    }
  }
  for (const [name, kind] of Object.entries(allowed)) {
    const value = (call as Readonly<Record<string, unknown>>)[name]
    const { isRequired, is, name: form } = forms[kind]
    if (!isRequired && value == null) continue
    if (!is(value)) throw new BadUserInputError(name, `\`${name}\` must be ${form}.`)
  }
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText)
}

function isRequestId(value: unknown): boolean {
  return typeof value === 'string' && isVisibleAscii(value, 128)
}

function isDate(value: unknown): boolean {
  return value instanceof Date && !Number.isNaN(value.getTime())
}

/** Whether a value is an object that JSON can express: without functions, dates or circles. */
function isJsonObject(value: unknown): boolean {
  return typeof value === 'object' && !Array.isArray(value) && isJson(value, [])
}

function isJson(value: unknown, ancestors: readonly unknown[]): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value !== 'object') return Number.isFinite(value)
  if (ancestors.includes(value) || !(Array.isArray(value) || isPlain(value))) return false
  return Object.values(value).every((member) => isJson(member, [...ancestors, value]))
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
