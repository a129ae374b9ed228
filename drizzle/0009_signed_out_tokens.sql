-- compatible-from: 0005_nodes
-- JWTs that signed out everywhere and could pass as issued since: `iat` counts whole seconds, and an
-- issuer's clock may be ahead. Hash of the signed part to `iat`.
ALTER TABLE "latchkey"."users" ADD COLUMN "signed_out_tokens" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "latchkey"."users" ADD CONSTRAINT "users_signed_out_tokens_check" CHECK (jsonb_typeof("latchkey"."users"."signed_out_tokens") = 'object');--> statement-breakpoint
CREATE TRIGGER users_notify_signed_out_tokens AFTER UPDATE ON latchkey.users
  FOR EACH ROW
  WHEN (NEW.signed_out_tokens IS DISTINCT FROM OLD.signed_out_tokens)
  EXECUTE FUNCTION latchkey.notify_change('user');--> statement-breakpoint
-- For changes by logical replication too.
ALTER TABLE latchkey.users ENABLE ALWAYS TRIGGER users_notify_signed_out_tokens;
