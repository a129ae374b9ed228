import { isEventId } from '../audit/event.ts'
import { registerAuditEventFilter, registerAuditEventType } from './audit-event-type.ts'
import type { Builder } from './builder.ts'
import { type PageInfoRef, pageArguments, registerConnection } from './connection-types.ts'
import { connection, pageRequest } from './pages.ts'
import type { CredentialKindRef } from './principal.ts'

export type AuditEventConnection = ReturnType<typeof registerAuditEvents>

/** Registers the audit trail. Returns the type of its pages. */
export function registerAuditEvents(
  builder: Builder,
  PageInfoRef: PageInfoRef,
  CredentialKind: CredentialKindRef,
) {
  const AuditEventRef = registerAuditEventType(builder, CredentialKind)
  const AuditEventFilter = registerAuditEventFilter(builder)
  const AuditEventConnection = registerConnection(
    builder,
    { PageInfoRef, NodeRef: AuditEventRef },
    {
      name: 'AuditEventConnection',
      description: 'One page of the audit trail (Relay Cursor Connections).',
    },
    { name: 'AuditEventEdge', description: 'An audit event and its position in a list.' },
  )

  builder.queryField('auditEvents', (t) =>
    t.field({
      type: AuditEventConnection,
      requiresScopes: 'read:audit',
      description:
        'Lists the audit trail, newest first: changes to users, grants and API keys, and refused credentials.',
      args: {
        ...pageArguments(t),
        filter: t.arg({
          type: AuditEventFilter,
          description: 'Lists only events that meet these conditions. Default: all events.',
        }),
      },
      resolve: async (_root, { filter, ...args }, { services, turns }) => {
        const request = pageRequest(args, isEventId)
        const wanted = filter ?? {}
        const page = await turns.take(() => services.audit.list(wanted, request))
        return connection(
          page,
          request,
          (event) => event.at,
          () => services.audit.count(wanted),
        )
      },
    }),
  )
  return AuditEventConnection
}
