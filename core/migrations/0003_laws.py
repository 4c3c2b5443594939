"""The law of the ledger, and of what is let go, held by the database."""

from django.db import migrations

# A transfer's entries sum to zero, checked when the transaction commits.
BALANCE = """
CREATE FUNCTION ledger_transfer_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moved bigint;
    which bigint := CASE WHEN TG_TABLE_NAME = 'core_ledgertransfer' THEN (to_jsonb(NEW)->>'id')::bigint
                         ELSE (to_jsonb(NEW)->>'transfer_id')::bigint END;
BEGIN
    SELECT sum(fen) INTO moved FROM core_ledgerentry WHERE transfer_id = which;
    IF moved IS DISTINCT FROM 0 THEN
        RAISE EXCEPTION 'ledger transfer % sums to %', which, moved USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_entries_sum_to_zero AFTER INSERT OR UPDATE ON core_ledgerentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_transfer_balances();
CREATE CONSTRAINT TRIGGER ledger_transfer_has_entries AFTER INSERT ON core_ledgertransfer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_transfer_balances();
"""
# What nobody may rewrite goes all the same when its time is over: by this function of the database's owner, for rows that
# are older than the law's least time, and in no other way. A column is only ever emptied: an encrypted nothing has 30 bytes.
LET_GO = """
CREATE FUNCTION core_let_go(what text, ids bigint[], names text[], nothing bytea[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    least timestamptz := now() - interval '3 years';
    gone integer;
BEGIN
    IF EXISTS (SELECT 1 FROM unnest(nothing) AS each WHERE octet_length(each) <> 30) THEN
        RAISE EXCEPTION 'a column is only emptied' USING ERRCODE = 'check_violation';
    END IF;
    CASE what
    WHEN 'core_timelineentry' THEN
        DELETE FROM core_timelineentry WHERE id = ANY(ids) AND at < least;
    WHEN 'accounts_look' THEN
        DELETE FROM accounts_look WHERE id = ANY(ids) AND at < least;
    WHEN 'safety_recordingplay' THEN
        DELETE FROM safety_recordingplay WHERE id = ANY(ids) AND at < least;
    WHEN 'police_release' THEN
        UPDATE police_release SET pack = nothing[array_position(names, 'pack')],
            spoken_code = nothing[array_position(names, 'spoken_code')]
            WHERE id = ANY(ids) AND expires_at < now();
    WHEN 'complaints_decision' THEN
        UPDATE complaints_decision SET reason = nothing[array_position(names, 'reason')]
            WHERE id = ANY(ids) AND at < least;
    WHEN 'drivers_vettingdecision' THEN
        UPDATE drivers_vettingdecision SET reason = nothing[array_position(names, 'reason')]
            WHERE id = ANY(ids) AND decided_at < least;
    END CASE;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$;
"""
UNDO = """
DROP TRIGGER ledger_entries_sum_to_zero ON core_ledgerentry;
DROP TRIGGER ledger_transfer_has_entries ON core_ledgertransfer;
DROP FUNCTION ledger_transfer_balances();
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0002_initial")]
    operations = [
        migrations.RunSQL(BALANCE, UNDO),
        migrations.RunSQL(LET_GO, "DROP FUNCTION core_let_go(text, bigint[], text[], bytea[])"),
    ]
