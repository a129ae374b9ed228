import type { Principal } from '../principal.ts'
import {
  Denied,
  type ExecutionDecisions,
  type GuardingAuthenticator,
} from './execution-decision.ts'
import type { Resolver } from './root-fields.ts'
import { WatchedStream } from './watched-stream.ts'

/**
 * Returns a `subscribe` function whose source starts only if the subscription may run, and ends with a `Denied` when
 * it may no longer run. The guarded resolver of the field then throws the error.
 */
export function guardedSource<Context>(
  subscribe: Resolver,
  decisions: ExecutionDecisions<Context>,
  authenticator: GuardingAuthenticator | undefined,
): Resolver {
  return (source, args, context, info) => {
    let principal: Principal | null = null
    const check = () =>
      decisions.decideAgain(context as Context, info, (found) => {
        principal = found
      })
    const watched = (events: unknown): unknown => {
      // Without a credential, nothing expires.
      if (principal === null || !isStream(events)) return events
      return new WatchedStream<unknown, Denied>(events, {
        check,
        intervalMs: intervalOf(principal, authenticator),
        expiresAt: () => principal?.credential.expiresAt?.getTime() ?? null,
        failed: (error) => new Denied(error),
      })
    }
    const proceed = (outcome: Denied | null): unknown => {
      if (outcome !== null) throw outcome.error
      const events = subscribe(source, args, context, info)
      return events instanceof Promise ? events.then(watched) : watched(events)
    }
    const outcome = check()
    return outcome instanceof Promise ? outcome.then(proceed) : proceed(outcome)
  }
}

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

/** The interval between two checks of a stream, in milliseconds. */
function intervalOf(
  { credential }: Principal,
  authenticator: GuardingAuthenticator | undefined,
): number {
  const { recheckMs = 1_000, sessionRecheckMs = recheckMs } = authenticator ?? {}
  return credential.kind === 'SESSION' ? sessionRecheckMs : recheckMs
}
