-- compatible-from: 0005_nodes
-- A node's heartbeats count here, over the connections that look credentials up: a server that does not
-- have the last one is not the primary that this node writes to.
ALTER TABLE "latchkey"."nodes" ADD COLUMN "counter" bigint DEFAULT 0 NOT NULL;
--> statement-breakpoint
-- Ordinary triggers do not fire for logical-replication workers, nor where session_replication_role is
-- replica. Those that announce changes, or hand them down to descendants, fire always.
ALTER TABLE latchkey.api_keys ENABLE ALWAYS TRIGGER api_keys_before_update;
--> statement-breakpoint
ALTER TABLE latchkey.api_keys ENABLE ALWAYS TRIGGER api_keys_after_update;
--> statement-breakpoint
ALTER TABLE latchkey.api_keys ENABLE ALWAYS TRIGGER api_keys_notify;
--> statement-breakpoint
ALTER TABLE latchkey.api_keys ENABLE ALWAYS TRIGGER api_keys_notify_update;
--> statement-breakpoint
ALTER TABLE latchkey.api_keys ENABLE ALWAYS TRIGGER api_keys_notify_truncate;
--> statement-breakpoint
ALTER TABLE latchkey.users ENABLE ALWAYS TRIGGER users_before_write;
--> statement-breakpoint
ALTER TABLE latchkey.users ENABLE ALWAYS TRIGGER users_notify;
--> statement-breakpoint
ALTER TABLE latchkey.users ENABLE ALWAYS TRIGGER users_notify_update;
--> statement-breakpoint
ALTER TABLE latchkey.users ENABLE ALWAYS TRIGGER users_notify_truncate;
