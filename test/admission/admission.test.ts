import { describe, expect, it, vi } from 'vitest'
import { createAdmission } from '../../src/admission/admission.ts'
import { RequestAdmission } from '../../src/admission/request-admission.ts'
import type { Authentication, Authenticator } from '../../src/credentials/authenticator.ts'
import { InvalidCredentialError, RateLimitedError } from '../../src/errors.ts'
import type { Principal } from '../../src/principal.ts'
import { principalOf } from '../support/domain.ts'

const carrier = { header: () => 'Bearer x', queryParameters: () => [] }
const principal: Principal = principalOf([])
const good: Authentication = { kind: 'authenticated', principal }
const bad: Authentication = {
  kind: 'refused',
  refusal: { reason: 'key-unknown', credentialId: null, error: new InvalidCredentialError() },
}
const answering = (...answers: (Authentication | Promise<Authentication>)[]): Authenticator => {
  const next = () => answers.shift() ?? bad
  return { authenticate: next, recheck: next }
}
const late = (request: RequestAdmission) => Object.assign(request, { at: -1_000 })

describe('a stage after authentication', () => {
  it('admits the request, or refuses it with its error', async () => {
    const limit = new RateLimitedError(1)
    const admission = createAdmission<string>({
      authenticator: answering(good, good, Promise.resolve(good)),
      stages: [
        () => null,
        async (who, sender) => (who === principal && sender === 'often' ? limit : null),
      ],
    })
    const [seldom, often] = [new RequestAdmission(), new RequestAdmission()]
    expect(await admission.admit(seldom, carrier, 'seldom')).toBeNull()
    expect(await admission.admit(often, carrier, 'often')).toBe(limit)
    expect(await admission.readmit(late(often))).toBe(limit)
    expect(await admission.admit(new RequestAdmission(), carrier, 'seldom')).toBeNull()
  })

  it('is synchronous if all stages are, and does not run for a refused credential', () => {
    const asked: unknown[] = []
    const admission = createAdmission<string>({
      authenticator: answering(good, bad),
      stages: [
        (who) => {
          asked.push(who)
          return null
        },
      ],
    })
    expect(admission.admit(new RequestAdmission(), carrier, 'a')).toBeNull()
    expect(admission.admit(new RequestAdmission(), carrier, 'a')).toBe(
      bad.kind === 'refused' && bad.refusal.error,
    )
    expect(asked).toEqual([principal])
  })
})

describe('a late body', () => {
  it('causes the credential to be checked again, once for all concurrent calls', async () => {
    const outcomes: Authentication[] = []
    const admission = createAdmission<string>({
      authenticator: answering(good, Promise.resolve(bad)),
      onAuthentication: (outcome) => outcomes.push(outcome),
    })
    const request = new RequestAdmission()
    await admission.admit(request, carrier, 'a')
    expect(admission.readmit(request)).toBeNull()
    const [first, second] = [admission.readmit(late(request)), admission.readmit(request)]
    expect(request.principal).toBe(principal)
    expect(await first).toBeInstanceOf(InvalidCredentialError)
    expect(await second).toBe(await first)
    expect(request.principal).toBeNull()
    expect(outcomes).toEqual([good, bad])
  })

  it.each([
    ['at once', good],
    ['later', Promise.resolve(good)],
  ])(
    'has its stages run again for all concurrent calls, if the credential is checked %s',
    async (_when, again) => {
      const limit = new RateLimitedError(1)
      let resolve = (_error: RateLimitedError | null) => {}
      const promise = new Promise<RateLimitedError | null>((settle) => {
        resolve = settle
      })
      const stage = vi.fn().mockReturnValueOnce(null).mockReturnValueOnce(promise)
      const admission = createAdmission<string>({
        authenticator: answering(good, again),
        stages: [stage],
      })
      const request = new RequestAdmission()
      expect(admission.admit(request, carrier, 'a')).toBeNull()
      const first = admission.readmit(late(request))
      await vi.waitFor(() => expect(stage).toHaveBeenCalledTimes(2))
      const second = admission.readmit(request)
      resolve(limit)
      expect(await Promise.all([first, second])).toEqual([limit, limit])
    },
  )

  it.each([
    [
      'at once',
      () => {
        throw new Error('broken')
      },
    ],
    [
      'later',
      async () => {
        throw new Error('broken')
      },
    ],
  ])('admits no operation of a request if the second check fails %s', async (_when, recheck) => {
    const admission = createAdmission<string>({
      authenticator: { authenticate: () => good, recheck },
    })
    const request = new RequestAdmission()
    expect(admission.admit(request, carrier, 'a')).toBeNull()
    late(request)
    for (let n = 0; n < 2; n++) {
      await expect((async () => admission.readmit(request))()).rejects.toThrow('broken')
    }
  })
})
