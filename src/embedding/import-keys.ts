import { hash } from 'node:crypto'
import { hasImportedForm, type ImportedKeyForm, readDigest } from '../credentials/imported-key.ts'
import { BadUserInputError, ConflictError } from '../errors.ts'
import type { ImportKeyInput } from '../keys/inputs.ts'
import type { Services } from '../schema/context.ts'
import type { AnyCaller, As } from './caller.ts'
import { checkInputs } from './inputs.ts'
import { type KeyRecord, toRecords } from './key-records.ts'

/** A key of another key system: its text, or the SHA-256 that the other system has stored. */
export interface KeyToImport extends ImportKeyInput {
  /** The user whom the key belongs to. */
  readonly ownerId: string
  /** The whole key. Either this or `sha256`. */
  readonly key?: string | null | undefined
  /** The SHA-256 of the whole key, in hexadecimal, base64 or base64url. */
  readonly sha256?: string | null | undefined
}

export interface ImportKeysCall extends As {
  /** One of `importedForms` of `connectLatchkey`. */
  readonly form: ImportedKeyForm
  readonly keys: readonly KeyToImport[]
}

export interface ImportedKeys {
  /** The keys that were imported, in their order. */
  readonly keys: readonly KeyRecord[]
  /** The number of keys that had been imported before. */
  readonly alreadyImported: number
}

export async function importKeys(
  services: Services,
  forms: readonly ImportedKeyForm[],
  caller: AnyCaller,
  { form, keys }: ImportKeysCall,
): Promise<ImportedKeys> {
  if (caller.kind !== 'operator') {
    throw new BadUserInputError('as', '`keys.import` is for `operator`.')
  }
  if (!forms.some(({ prefix, length }) => prefix === form?.prefix && length === form?.length)) {
    throw new BadUserInputError(
      'form',
      '`form` must be one of `keys.importedForms` of `connectLatchkey`, so that the keys are recognised.',
    )
  }
  if (!Array.isArray(keys)) throw new BadUserInputError('keys', '`keys` must be an array.')
  const isKey = (text: string) => hasImportedForm(text, [form], services.keyPrefix)
  const digests = keys.map((key, n) => digestOf(key, isKey, n))
  const operator = services.keys.asOperator(caller.requestId)
  const imported: KeyRecord[] = []
  for (const [n, digest] of digests.entries()) {
    const { ownerId, key: _key, sha256: _sha256, ...input } = keys[n] as KeyToImport
    const made = await operator.import(ownerId, input, digest).catch((error: unknown) => {
      throw error instanceof ConflictError
        ? new ConflictError(`\`keys[${n}]\`: ${error.message}`)
        : error
    })
    if (made !== null) imported.push(...(await toRecords(services, [made])))
  }
  return { keys: imported, alreadyImported: keys.length - imported.length }
}

/** @throws BadUserInputError that repeats no part of the key */
function digestOf(key: KeyToImport, isKey: (text: string) => boolean, n: number): string {
  const at = `keys[${n}]`
  if (typeof key !== 'object' || key === null) {
    throw new BadUserInputError(at, `\`${at}\` must be an object.`)
  }
  try {
    checkInputs(key, {
      ownerId: 'text!',
      name: 'text!',
      scopes: 'texts!',
      description: 'text',
      expiresAt: 'date',
      metadata: 'json',
      key: 'text',
      sha256: 'text',
    })
  } catch (error) {
    if (!(error instanceof BadUserInputError)) throw error
    throw new BadUserInputError(`${at}.${error.field}`, `\`${at}\`: ${error.message}`)
  }
  if (key.expiresAt == null) {
    throw new BadUserInputError(`${at}.expiresAt`, `\`${at}.expiresAt\` is required.`)
  }
  const { key: text, sha256 } = key
  if ((text == null) === (sha256 == null)) {
    throw new BadUserInputError(at, `\`${at}\` must have either \`key\` or \`sha256\`.`)
  }
  if (text != null) {
    if (isKey(text)) return hash('sha256', text, 'hex')
    throw new BadUserInputError(`${at}.key`, `\`${at}.key\` does not have the form.`)
  }
  const digest = readDigest(sha256 ?? '')
  if (digest !== null) return digest
  throw new BadUserInputError(`${at}.sha256`, `\`${at}.sha256\` is not a SHA-256.`)
}
