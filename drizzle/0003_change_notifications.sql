-- Tells every node what it must not remember any longer, whoever changed it.

-- One notification for each row that changed up to a hundred in a transaction; past that, one for all.
CREATE FUNCTION latchkey.notify_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  told int := coalesce(nullif(current_setting('latchkey.changes_told', true), ''), '0')::int + 1;
BEGIN
  IF told <= 100 THEN
    PERFORM pg_notify('latchkey_changes', TG_ARGV[0] || ' ' ||
      CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END);
  ELSIF told = 101 THEN
    PERFORM pg_notify('latchkey_changes', 'everything');
  END IF;
  IF told <= 101 THEN
    PERFORM set_config('latchkey.changes_told', told::text, true);
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION latchkey.notify_truncate() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  PERFORM pg_notify('latchkey_changes', 'everything');
  RETURN NULL;
END $$;
--> statement-breakpoint
-- Not for when a key was used last, nor for anything else that no decision depends on.
CREATE TRIGGER api_keys_notify_update AFTER UPDATE ON latchkey.api_keys
  FOR EACH ROW
  WHEN (
    (NEW.name, NEW.scopes, NEW.lineage_scopes, NEW.lineage_expires_at, NEW.revoked_at,
      NEW.secret_hash, NEW.previous_secret_hash, NEW.previous_expires_at)
    IS DISTINCT FROM
    (OLD.name, OLD.scopes, OLD.lineage_scopes, OLD.lineage_expires_at, OLD.revoked_at,
      OLD.secret_hash, OLD.previous_secret_hash, OLD.previous_expires_at)
  )
  EXECUTE FUNCTION latchkey.notify_change('key');
--> statement-breakpoint
CREATE TRIGGER api_keys_notify AFTER INSERT OR DELETE ON latchkey.api_keys
  FOR EACH ROW EXECUTE FUNCTION latchkey.notify_change('key');
--> statement-breakpoint
CREATE TRIGGER users_notify_update AFTER UPDATE ON latchkey.users
  FOR EACH ROW
  WHEN (
    (NEW.id, NEW.issuer, NEW.subject, NEW.status, NEW.scopes, NEW.issuer_scopes, NEW.signed_out_at)
    IS DISTINCT FROM
    (OLD.id, OLD.issuer, OLD.subject, OLD.status, OLD.scopes, OLD.issuer_scopes, OLD.signed_out_at)
  )
  EXECUTE FUNCTION latchkey.notify_change('user');
--> statement-breakpoint
CREATE TRIGGER users_notify AFTER DELETE ON latchkey.users
  FOR EACH ROW EXECUTE FUNCTION latchkey.notify_change('user');
--> statement-breakpoint
CREATE TRIGGER api_keys_notify_truncate AFTER TRUNCATE ON latchkey.api_keys
  FOR EACH STATEMENT EXECUTE FUNCTION latchkey.notify_truncate();
--> statement-breakpoint
CREATE TRIGGER users_notify_truncate AFTER TRUNCATE ON latchkey.users
  FOR EACH STATEMENT EXECUTE FUNCTION latchkey.notify_truncate();
