CREATE TABLE "latchkey"."api_key_scope_uses" (
	"key_id" text COLLATE "C" NOT NULL,
	"scope" text NOT NULL,
	"last_used_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "api_key_scope_uses_key_id_scope_pk" PRIMARY KEY("key_id","scope")
);
--> statement-breakpoint
ALTER TABLE "latchkey"."api_key_scope_uses" ADD CONSTRAINT "api_key_scope_uses_key_id_api_keys_id_fk" FOREIGN KEY ("key_id") REFERENCES "latchkey"."api_keys"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_keys_revoked_hash_idx" ON "latchkey"."api_keys" USING btree ("revoked_at") WHERE "latchkey"."api_keys"."revoked_at" is not null and "latchkey"."api_keys"."secret_hash" <> '';--> statement-breakpoint
CREATE INDEX "api_keys_expiring_hash_idx" ON "latchkey"."api_keys" USING btree ("lineage_expires_at") WHERE "latchkey"."api_keys"."lineage_expires_at" is not null and "latchkey"."api_keys"."secret_hash" <> '';--> statement-breakpoint
CREATE INDEX "api_keys_previous_hash_idx" ON "latchkey"."api_keys" USING btree ("previous_expires_at") WHERE "latchkey"."api_keys"."previous_secret_hash" is not null;