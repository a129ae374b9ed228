-- compatible-from: 0005_nodes
-- Sessions of the keys page: the hash of the cookie's value, and the tokens of the issuer, encrypted.
CREATE TABLE "latchkey"."page_sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"secret_hash" "bytea" NOT NULL,
	"user_id" uuid NOT NULL,
	"tokens" text NOT NULL,
	"token_expires_at" timestamp (3) with time zone NOT NULL,
	"renewing_until" timestamp (3) with time zone,
	"address" text,
	"user_agent" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "page_sessions_secret_hash_key" UNIQUE("secret_hash"),
	CONSTRAINT "page_sessions_user_agent_check" CHECK (length("latchkey"."page_sessions"."user_agent") <= 256)
);
--> statement-breakpoint
ALTER TABLE "latchkey"."page_sessions" ADD CONSTRAINT "page_sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "latchkey"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "page_sessions_user_idx" ON "latchkey"."page_sessions" USING btree ("user_id","last_used_at");--> statement-breakpoint
CREATE INDEX "page_sessions_expires_idx" ON "latchkey"."page_sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "page_sessions_last_used_idx" ON "latchkey"."page_sessions" USING btree ("last_used_at");--> statement-breakpoint
-- Suspending a user or signing out everywhere ends the sessions, also when the row is changed by hand. A refresh
-- token would otherwise bring a new JWT. Whoever may change the user needs no right on the sessions.
CREATE FUNCTION latchkey.end_page_sessions() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM latchkey.page_sessions WHERE user_id = NEW.id;
  RETURN NULL;
END $$;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION latchkey.end_page_sessions() FROM PUBLIC;--> statement-breakpoint
CREATE TRIGGER users_end_page_sessions AFTER UPDATE ON latchkey.users
  FOR EACH ROW
  WHEN ((NEW.status <> 'ACTIVE' AND OLD.status = 'ACTIVE')
    OR NEW.signed_out_at IS DISTINCT FROM OLD.signed_out_at)
  EXECUTE FUNCTION latchkey.end_page_sessions();--> statement-breakpoint
-- For changes by logical replication too.
ALTER TABLE latchkey.users ENABLE ALWAYS TRIGGER users_end_page_sessions;
