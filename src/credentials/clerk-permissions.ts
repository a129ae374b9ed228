import { isObject } from '../json.ts'
import type { Claims } from './claims.ts'

/**
 * Returns the permissions in a session token of version 2 as version 1 named them: `org:<feature>:<permission>`.
 * The result is `undefined` without an active organization.
 *
 * `fea` lists the features with their owner (`o`: the organization, `u`: the user), `o.per` the names of
 * permissions, and `o.fpm` a number for each feature of the organization, whose bits select permissions, the
 * lowest bit the first one.
 *
 * Source: https://clerk.com/docs/guides/sessions/session-tokens
 */
export function clerkPermissions({ v, fea, o }: Claims): readonly string[] | undefined {
  if (v !== 2 || !isObject(o)) return undefined
  const permissions = listOf(o.per)
  const features = listOf(fea).flatMap((feature) => {
    const [, owner = '', name = ''] = /^(\w*):(.*)$/.exec(feature) ?? []
    return owner.includes('o') ? [name] : []
  })
  return listOf(o.fpm).flatMap((bits, index) => {
    const feature = features[index]
    if (feature === undefined) return []
    return selected(bits, permissions).map((permission) => `org:${feature}:${permission}`)
  })
}

function selected(number: string, permissions: readonly string[]): readonly string[] {
  if (!/^\d{1,64}$/.test(number)) return []
  const bits = [...BigInt(number).toString(2)].reverse()
  // The signature is verified later, so the work depends on the digits and not on the number of permissions.
  return permissions.slice(0, bits.length).filter((_, index) => bits[index] === '1')
}

function listOf(value: unknown): readonly string[] {
  return typeof value === 'string' && value !== '' ? value.split(',').map((one) => one.trim()) : []
}
