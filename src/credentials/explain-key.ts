import { keyPrefixSyntax } from '../key-syntax.ts'
import { credentialDefaults } from './defaults.ts'
import { hasKeyForm, looksLikeKey, parseKey } from './key-form.ts'
import type { RefusalReason } from './refusal.ts'

/** The result of one check of an API key. */
export interface ExplainedKeyCheck {
  readonly check: 'form' | 'prefix' | 'checksum' | 'id' | 'state'
  /** `null`: not checked. */
  readonly ok: boolean | null
  /** The value in the key, or what is wrong with it, without a part of the secret. */
  readonly detail: string
  /** The reason of the refusal, if the check failed. */
  readonly reason?: RefusalReason
}

export interface KeyExplanation {
  readonly checks: readonly ExplainedKeyCheck[]
  /** `null`: the key is not refused for its form. Only the database knows whether it is valid. */
  readonly accepted: false | null
  /** The public id of the key, if its form is valid. */
  readonly id?: string
}

const anyPrefix = new RegExp(`^${keyPrefixSyntax}(?=_)`)

/**
 * Explains the form of an API key. The key is not looked up.
 *
 * @param prefix the configured prefix; `null`: it is not checked
 * @returns `null` if `text` is not meant as an API key
 */
export function explainKey(text: string, prefix: string | null): KeyExplanation | null {
  const [own = ''] = anyPrefix.exec(text) ?? []
  const size = `${text.length} characters`
  if (!hasKeyForm(text, own)) {
    if (!looksLikeKey(text, prefix ?? credentialDefaults.keyPrefix)) return null
    const detail = `${size}: ${formHint(text)}`
    return refused([{ check: 'form', ok: false, detail, reason: 'key-malformed' }])
  }
  const form: ExplainedKeyCheck = { check: 'form', ok: true, detail: `an API key of ${size}` }
  const parts = parseKey(text, own)
  const checks = [form, prefixCheck(own, prefix), checksumCheck(parts !== null)]
  if (parts === null) return refused(checks)
  const { id } = parts
  const known: ExplainedKeyCheck[] = [
    ...checks,
    { check: 'id', ok: true, detail: id },
    { check: 'state', ok: null, detail: 'the key is not looked up in the database' },
  ]
  return { checks: known, accepted: known.some(({ ok }) => ok === false) ? false : null, id }
}

function refused(checks: readonly ExplainedKeyCheck[]): KeyExplanation {
  return { checks, accepted: false }
}

/** Says what is wrong with the form, without quoting anything: a part of the secret may be anywhere. */
function formHint(text: string): string {
  const expected = 'a key is <prefix>_<id>_<secret>, with 16 and 49 letters and digits'
  const [, id, secret, ...more] = text.split('_')
  if (id === undefined || secret === undefined || more.length > 0) return expected
  if (/[^0-9A-Za-z]/.test(id + secret)) return `${expected}; this one has other characters`
  return `${expected}; this one has ${id.length} and ${secret.length}`
}

function prefixCheck(own: string, prefix: string | null): ExplainedKeyCheck {
  if (prefix === null) return { check: 'prefix', ok: null, detail: own }
  if (own === prefix) return { check: 'prefix', ok: true, detail: own }
  const detail = `${own}; KEY_PREFIX is ${prefix}`
  return { check: 'prefix', ok: false, detail, reason: 'unrecognised' }
}

function checksumCheck(ok: boolean): ExplainedKeyCheck {
  if (ok) return { check: 'checksum', ok, detail: 'correct' }
  const detail = 'wrong: a character was changed or lost, for example when the key was copied'
  return { check: 'checksum', ok, detail, reason: 'key-malformed' }
}
