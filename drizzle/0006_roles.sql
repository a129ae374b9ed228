-- compatible-from: 0005_nodes
-- For a role that serves without owning anything. Each applied migration says its name and, for versions
-- that do not know it, the hash of the migration from which on a version may use the schema after it.
ALTER TABLE latchkey.migrations ADD COLUMN name text, ADD COLUMN compatible_from text;
--> statement-breakpoint
-- Makes the partitions of this month and of so many months to come that are missing (months in UTC), with
-- the rights of its owner: whoever may execute it needs no right to create or own a table. A month that
-- already has rows in the default partition stays there. A partition gives nobody but its owner a right
-- to write: rows come by the parent table, whose triggers and rights hold for them.
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
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION latchkey.ensure_audit_partitions(int) FROM PUBLIC;
