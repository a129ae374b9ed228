import { isEventId } from '../audit/event.ts'
import type { ApiKeyTypes } from './api-key-type.ts'
import type { AuditEventConnection } from './audit-event.ts'
import type { Builder } from './builder.ts'
import { pageArguments } from './connection-types.ts'
import { costs } from './costs.ts'
import { connection, pageRequest } from './pages.ts'

/** Adds the audit events of a key. A caller that may read the key may read them. */
export function registerApiKeyEvents(
  builder: Builder,
  { ApiKeyRef }: ApiKeyTypes,
  AuditEventConnection: AuditEventConnection,
): void {
  builder.objectField(ApiKeyRef, 'events', (t) =>
    t.field({
      type: AuditEventConnection,
      extensions: costs.events,
      description:
        'The events of the audit trail that are about this key, newest first. Scope `read:audit` is not needed.',
      args: pageArguments(t),
      resolve: async (key, args, { services, turns }) => {
        const request = pageRequest(args, isEventId)
        const filter = { targetId: key.id }
        const page = await turns.take(() => services.audit.list(filter, request))
        return connection(
          page,
          request,
          (event) => event.at,
          () => services.audit.count(filter),
        )
      },
    }),
  )
}
