ALTER TABLE latchkey.api_keys SET (fillfactor = 85);
--> statement-breakpoint
ALTER TABLE latchkey.api_key_scope_uses SET (fillfactor = 85);
