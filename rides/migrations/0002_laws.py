"""The trail has a partition for each month, and trips say which transaction wrote them last."""

from django.db import migrations

# The platform's role may not make or drop tables. These two functions run as the owner and do one thing each.
MONTHS = [
    """
    CREATE FUNCTION rides_trail_month(month date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    -- Attaching locks the trips for a moment, and whoever writes them waits behind it: better none than a long one.
    SET search_path = public, pg_temp SET lock_timeout = '1s' AS $$
    DECLARE
        first date := date_trunc('month', month)::date;
        name text := 'rides_trail_' || to_char(first, 'YYYY_MM');
        begins timestamptz := first::timestamp AT TIME ZONE 'UTC';
        ends timestamptz := (first + interval '1 month') AT TIME ZONE 'UTC';
    BEGIN
        IF to_regclass(name) IS NOT NULL THEN RETURN; END IF;
        PERFORM pg_advisory_xact_lock(hashtext('rides_trail_month'));
        IF to_regclass(name) IS NOT NULL THEN RETURN; END IF;
        -- Made apart and attached afterwards: writers of other months are not held up.
        EXECUTE format('CREATE TABLE %I (LIKE rides_trail INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
        -- What came before its month was made.
        LOCK TABLE rides_trail_rest IN ACCESS EXCLUSIVE MODE;
        EXECUTE format(
            'WITH late AS (DELETE FROM rides_trail_rest WHERE minute >= %L AND minute < %L RETURNING *)'
            ' INSERT INTO %I SELECT * FROM late', begins, ends, name
        );
        EXECUTE format('ALTER TABLE rides_trail ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, begins, ends);
    END $$
    """,
    """
    -- `kept` are trips of which something is held: their rows stay, in the partition for all other months.
    CREATE FUNCTION rides_trail_expire(before timestamptz, kept bigint[]) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
    DECLARE
        part record;
        dropped integer := 0;
        months integer;
    BEGIN
        -- The law's least time holds here as well, whatever is asked (Interim Measures art. 27).
        before := least(before, now() - interval '2 years');
        FOR part IN
            SELECT c.relname AS name, to_date(right(c.relname, 7), 'YYYY_MM') AS first
            FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'rides_trail'::regclass AND c.relname ~ '^rides_trail_[0-9]{4}_[0-9]{2}$'
        LOOP
            IF (part.first + interval '1 month') AT TIME ZONE 'UTC' <= before THEN
                EXECUTE format(
                    'CREATE TEMP TABLE rides_trail_kept ON COMMIT DROP AS SELECT * FROM %I WHERE trip_id = ANY($1)',
                    part.name
                ) USING kept;
                EXECUTE format('DROP TABLE %I', part.name);
                INSERT INTO rides_trail SELECT * FROM rides_trail_kept;
                DROP TABLE rides_trail_kept;
                dropped := dropped + 1;
            END IF;
        END LOOP;
        WITH late AS (
            DELETE FROM rides_trail_rest WHERE date_trunc('month', minute AT TIME ZONE 'UTC') + interval '1 month'
                <= before AT TIME ZONE 'UTC' AND trip_id <> ALL(kept) RETURNING minute
        ) SELECT count(DISTINCT date_trunc('month', minute AT TIME ZONE 'UTC')) INTO months FROM late;
        RETURN dropped + months;
    END $$
    """,
]
# Django writes a plain table; this is the same one with a partition for each month.
TRAIL = [
    "DROP TABLE rides_trail",
    """
    CREATE TABLE rides_trail (
        trip_id bigint NOT NULL REFERENCES rides_trip (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
        party varchar(10) NOT NULL,
        minute timestamptz NOT NULL,
        latitude double precision NOT NULL,
        longitude double precision NOT NULL,
        packed bytea NOT NULL,
        accuracy bytea NOT NULL DEFAULT '',
        far bytea NOT NULL DEFAULT '',
        PRIMARY KEY (trip_id, party, minute)
    ) PARTITION BY RANGE (minute)
    """,
    "CREATE INDEX rides_trail_minute ON rides_trail (minute)",
    # Months are made ahead; where one was not, its rows stand here until it is.
    "CREATE TABLE rides_trail_rest PARTITION OF rides_trail DEFAULT",
    *MONTHS,
]
CHANGED_IN = [
    """
    CREATE FUNCTION rides_trip_changed_in() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.changed_in := pg_current_xact_id()::text::bigint;
        RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER rides_trip_changed_in BEFORE INSERT OR UPDATE ON rides_trip"
    " FOR EACH ROW EXECUTE FUNCTION rides_trip_changed_in()",
]
BACK = [
    "DROP TRIGGER rides_trip_changed_in ON rides_trip",
    "DROP FUNCTION rides_trip_changed_in()",
    "DROP TABLE rides_trail",
    "DROP FUNCTION rides_trail_month(date)",
    "DROP FUNCTION rides_trail_expire(timestamptz, bigint[])",
    # What the migration before takes away again.
    "CREATE TABLE rides_trail (id bigint)",
]


class Migration(migrations.Migration):
    dependencies = [("rides", "0001_initial")]
    operations = [migrations.RunSQL([*TRAIL, *CHANGED_IN], BACK)]
