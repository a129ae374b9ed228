import { useState } from 'react'
import { useClient } from 'urql'
import { type Failure, failureOf, networkFailure } from '../graphql/failure.ts'
import { failureText } from '../kit/states.tsx'
import { m } from '../messages/current.ts'
import { type CreatedKey, NewSecret } from './created-key.ts'
import { type Expiry, expiryTime } from './expiry.ts'
import { invalidEntry, type MetadataEntry, metadataOf } from './metadata.ts'
import { CreateKeyMutation } from './queries.ts'

/** The content of the form. */
export interface Draft {
  readonly name: string
  readonly description: string
  readonly metadata: readonly MetadataEntry[]
  readonly expiry: Expiry
  readonly date: string
  readonly scopes: readonly string[]
}

export type Field = 'name' | 'description' | 'metadata' | 'expiresAt' | 'scopes'
export type Errors = Partial<Record<Field, string>>
const fields: readonly Field[] = ['name', 'description', 'metadata', 'expiresAt', 'scopes']

/** Returns a function that creates a key, and what is wrong with the last attempt. */
export function useCreateKey(onCreated: (created: CreatedKey) => void) {
  const client = useClient()
  const [isPending, setPending] = useState(false)
  const [errors, setErrors] = useState<Errors>({})
  const [failure, setFailure] = useState<Failure | null>(null)

  async function create(draft: Draft): Promise<boolean> {
    const expiresAt = expiryTime(draft.expiry, draft.date, Date.now())
    const found = errorsOf(draft, expiresAt)
    setErrors(found)
    setFailure(null)
    if (Object.keys(found).length > 0) return false
    setPending(true)
    try {
      await NewSecret.load()
    } catch {
      setPending(false)
      setFailure(networkFailure)
      return false
    }
    const name = draft.name.trim()
    const { data, error } = await client.mutation(CreateKeyMutation, {
      input: {
        name,
        scopes: [...draft.scopes],
        description: draft.description,
        metadata: metadataOf(draft.metadata),
        ...(expiresAt !== null && { expiresAt: expiresAt.toISOString() }),
      },
    })
    setPending(false)
    const fault = failureOf(error)
    if (fault !== null || data === undefined) {
      const field = fields.find((known) => known === fault?.field)
      if (fault === null || field === undefined) setFailure(fault)
      else setErrors({ [field]: failureText(fault) })
      return false
    }
    const { secret, apiKey } = data.createApiKey
    onCreated({ ...apiKey, secret, name, expiresAt, scopes: draft.scopes })
    return true
  }

  /** Takes an error away when the person changes the field. */
  function clear(field: Field) {
    setErrors(({ [field]: _, ...others }) => others)
  }
  return { create, clear, isPending, errors, failure }
}

function errorsOf(draft: Draft, expiresAt: Date | null): Errors {
  const { name, scopes, expiry, metadata } = draft
  const invalid = invalidEntry(metadata)
  return {
    ...(name.trim() === '' && { name: m.create.nameMissing }),
    ...(invalid !== undefined && { metadata: m.create.metadataInvalid(invalid.property.trim()) }),
    ...(scopes.length === 0 && { scopes: m.create.scopesMissing(0) }),
    ...(expiry === 'date' && expiresAt === null && { expiresAt: m.create.dateMissing }),
  }
}
