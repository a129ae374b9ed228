-- compatible-from: 0005_nodes
-- A use writes its key's row: it is replaced in place (HOT) where its page has room for another version.
ALTER TABLE latchkey.api_keys SET (fillfactor = 85);
--> statement-breakpoint
ALTER TABLE latchkey.api_key_scope_uses SET (fillfactor = 85);
--> statement-breakpoint
-- Fingerprint of the pepper of a hash. Empty: no pepper. Null: unknown, stored before this migration.
ALTER TABLE "latchkey"."api_keys" ADD COLUMN "secret_pepper" text;--> statement-breakpoint
ALTER TABLE "latchkey"."api_keys" ADD COLUMN "previous_secret_pepper" text;--> statement-breakpoint
CREATE INDEX "api_keys_pepper_idx" ON "latchkey"."api_keys" USING btree ("secret_pepper","lineage_expires_at") WHERE "latchkey"."api_keys"."secret_pepper" <> '' and "latchkey"."api_keys"."revoked_at" is null;--> statement-breakpoint
CREATE INDEX "api_keys_previous_pepper_idx" ON "latchkey"."api_keys" USING btree ("previous_secret_pepper","previous_expires_at") WHERE "latchkey"."api_keys"."previous_secret_pepper" <> '' and "latchkey"."api_keys"."revoked_at" is null;
