-- compatible-from: 0005_nodes
-- Ordinary triggers do not fire where session_replication_role is replica, nor for logical-replication
-- workers: what protects the audit trail fires always. Replicated events are inserted, which it lets pass.
ALTER TABLE latchkey.audit_events ENABLE ALWAYS TRIGGER audit_events_append_only;
--> statement-breakpoint
ALTER TABLE latchkey.audit_events ENABLE ALWAYS TRIGGER audit_events_no_truncate;
--> statement-breakpoint
DO $$
DECLARE
  weak record;
BEGIN
  FOR weak IN
    SELECT tgrelid::regclass AS partition, tgname FROM pg_trigger
    WHERE tgrelid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'latchkey.audit_events'::regclass)
      AND tgname IN ('audit_events_append_only', 'audit_events_no_truncate') AND tgenabled <> 'A'
  LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', weak.partition, weak.tgname);
  END LOOP;
END $$;
--> statement-breakpoint
-- As before (0006), but for the trigger of a new partition, which fires always.
CREATE OR REPLACE FUNCTION latchkey.ensure_audit_partitions(months int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET default_tablespace = '' AS $$
DECLARE
  month timestamptz;
  name text;
  grantee text;
BEGIN
  IF months IS NULL OR months NOT BETWEEN 0 AND 60 THEN
    RAISE EXCEPTION 'partitions can be made for 0 to 60 months to come'
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
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
      EXECUTE format('ALTER TABLE latchkey.%I ENABLE ALWAYS TRIGGER audit_events_no_truncate', name);
      -- What default privileges gave away.
      FOR grantee IN
        SELECT DISTINCT CASE WHEN acl.grantee = 0 THEN 'PUBLIC' ELSE acl.grantee::regrole::text END
        FROM pg_class AS partition, aclexplode(partition.relacl) AS acl
        WHERE partition.relnamespace = 'latchkey'::regnamespace AND partition.relname = name
          AND acl.grantee <> partition.relowner
      LOOP
        EXECUTE format(
          'REVOKE INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON latchkey.%I FROM %s',
          name, grantee
        );
      END LOOP;
    EXCEPTION WHEN check_violation THEN
      RAISE NOTICE 'audit events of % stay in audit_events_default', to_char(month, 'YYYY-MM');
    END;
  END LOOP;
END $$;
