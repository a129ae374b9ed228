-- What holds whoever writes, a mutation or an operator in psql.

CREATE FUNCTION latchkey.users_before_write() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF NEW.issuer_grants = '{}' THEN
    NEW.issuer_scopes := NULL;
  ELSE
    NEW.issuer_scopes := ARRAY(
      SELECT DISTINCT scope COLLATE "C"
      FROM jsonb_each(NEW.issuer_grants) AS audience,
        jsonb_array_elements_text(audience.value -> 'scopes') AS scope
      ORDER BY 1
    );
  END IF;
  IF TG_OP = 'UPDATE' THEN
    -- That an issuer says the same again is no change.
    OLD.issuer_grants := NEW.issuer_grants;
    NEW.updated_at := OLD.updated_at;
    IF NEW IS DISTINCT FROM OLD THEN
      NEW.updated_at := now();
    END IF;
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER users_before_write BEFORE INSERT OR UPDATE ON latchkey.users
  FOR EACH ROW EXECUTE FUNCTION latchkey.users_before_write();
--> statement-breakpoint
CREATE FUNCTION latchkey.users_after_delete() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  INSERT INTO latchkey.deleted_users (issuer, subject, scopes, deleted_at)
  VALUES (OLD.issuer, OLD.subject, OLD.scopes, now())
  ON CONFLICT (issuer, subject)
    DO UPDATE SET scopes = excluded.scopes, deleted_at = excluded.deleted_at;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER users_after_delete AFTER DELETE ON latchkey.users
  FOR EACH ROW EXECUTE FUNCTION latchkey.users_after_delete();
--> statement-breakpoint
-- A key's row tells by itself what its ancestors leave of it, so that one look-up decides.
CREATE FUNCTION latchkey.api_keys_before_write() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  parent record;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NEW.id <> OLD.id OR NEW.owner_id <> OLD.owner_id
      OR NEW.parent_id IS DISTINCT FROM OLD.parent_id THEN
      RAISE EXCEPTION 'an API key keeps its id, owner and parent: revoke it and make another'
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NULL THEN
      RAISE EXCEPTION 'a revoked API key stays revoked: make another'
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END IF;

  IF NEW.parent_id IS NULL THEN
    NEW.lineage_scopes := ARRAY(
      SELECT DISTINCT scope COLLATE "C" FROM unnest(NEW.scopes) AS scope ORDER BY 1
    );
    NEW.lineage_expires_at := NEW.expires_at;
    NEW.depth := 0;
    RETURN NEW;
  END IF;

  -- The lock makes this wait for a change of the parent that is under way, and that change for this.
  SELECT owner_id, lineage_scopes, lineage_expires_at, revoked_at, revoked_reason, depth
    INTO parent FROM latchkey.api_keys WHERE id = NEW.parent_id FOR SHARE;
  IF NOT FOUND OR parent.owner_id <> NEW.owner_id THEN
    RAISE EXCEPTION 'an API key''s parent is another key of the same owner'
      USING ERRCODE = 'foreign_key_violation';
  END IF;
  NEW.lineage_scopes := ARRAY(
    SELECT DISTINCT scope COLLATE "C" FROM unnest(NEW.scopes) AS scope
    WHERE scope = ANY (parent.lineage_scopes) ORDER BY 1
  );
  NEW.lineage_expires_at := least(NEW.expires_at, parent.lineage_expires_at);
  NEW.depth := parent.depth + 1;
  IF NEW.revoked_at IS NULL AND parent.revoked_at IS NOT NULL THEN
    NEW.revoked_at := parent.revoked_at;
    NEW.revoked_reason := parent.revoked_reason;
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER api_keys_before_insert BEFORE INSERT ON latchkey.api_keys
  FOR EACH ROW EXECUTE FUNCTION latchkey.api_keys_before_write();
--> statement-breakpoint
-- Not for the other columns: noting a use must not wait for the parent's row.
CREATE TRIGGER api_keys_before_update
  BEFORE UPDATE OF id, owner_id, parent_id, scopes, lineage_scopes, expires_at, lineage_expires_at,
    revoked_at, revoked_reason, depth
  ON latchkey.api_keys
  FOR EACH ROW EXECUTE FUNCTION latchkey.api_keys_before_write();
--> statement-breakpoint
CREATE FUNCTION latchkey.api_keys_after_update() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  -- Naming the column is enough for the children's own trigger to reckon again, and so on downwards.
  UPDATE latchkey.api_keys SET lineage_scopes = lineage_scopes WHERE parent_id = NEW.id;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER api_keys_after_update AFTER UPDATE ON latchkey.api_keys
  FOR EACH ROW
  WHEN (
    NEW.lineage_scopes IS DISTINCT FROM OLD.lineage_scopes
    OR NEW.lineage_expires_at IS DISTINCT FROM OLD.lineage_expires_at
    OR (NEW.revoked_at IS NOT NULL AND OLD.revoked_at IS NULL)
  )
  EXECUTE FUNCTION latchkey.api_keys_after_update();
--> statement-breakpoint
CREATE FUNCTION latchkey.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  RAISE EXCEPTION 'the audit trail is only ever added to: % refused', TG_OP
    USING ERRCODE = 'insufficient_privilege',
      HINT = 'To keep less of it, detach or drop the partitions of past months.';
END $$;
--> statement-breakpoint
CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE ON latchkey.audit_events
  FOR EACH ROW EXECUTE FUNCTION latchkey.refuse_change();
--> statement-breakpoint
CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON latchkey.audit_events
  FOR EACH STATEMENT EXECUTE FUNCTION latchkey.refuse_change();
--> statement-breakpoint
CREATE TABLE latchkey.audit_events_default PARTITION OF latchkey.audit_events DEFAULT;
--> statement-breakpoint
-- Makes the partitions of this month and of so many months to come that are missing (months in UTC).
-- A month that already has rows in the default partition stays there.
CREATE FUNCTION latchkey.ensure_audit_partitions(months int) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog SET timezone = 'UTC' AS $$
DECLARE
  month timestamptz;
  name text;
BEGIN
  FOR ahead IN 0..months LOOP
    month := date_trunc('month', now()) + make_interval(months => ahead);
    name := 'audit_events_' || to_char(month, 'YYYY_MM');
    CONTINUE WHEN to_regclass('latchkey.' || name) IS NOT NULL;
    -- Several nodes may come here at once. (to_regclass would remember that there was none.)
    PERFORM pg_advisory_xact_lock(1818326115, 2);
    CONTINUE WHEN EXISTS (
      SELECT FROM pg_class WHERE relnamespace = 'latchkey'::regnamespace AND relname = name
    );
    BEGIN
      EXECUTE format(
        'CREATE TABLE latchkey.%I PARTITION OF latchkey.audit_events FOR VALUES FROM (%L) TO (%L)',
        name, month, month + interval '1 month'
      );
      EXECUTE format(
        'CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON latchkey.%I '
        'FOR EACH STATEMENT EXECUTE FUNCTION latchkey.refuse_change()', name
      );
    EXCEPTION WHEN check_violation THEN
      RAISE NOTICE 'audit events of % stay in audit_events_default', to_char(month, 'YYYY-MM');
    END;
  END LOOP;
END $$;
--> statement-breakpoint
CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON latchkey.audit_events_default
  FOR EACH STATEMENT EXECUTE FUNCTION latchkey.refuse_change();
--> statement-breakpoint
SELECT latchkey.ensure_audit_partitions(12);
