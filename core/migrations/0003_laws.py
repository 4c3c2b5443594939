"""The ledger's law, held by the database."""

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
UNDO = """
DROP TRIGGER ledger_entries_sum_to_zero ON core_ledgerentry;
DROP TRIGGER ledger_transfer_has_entries ON core_ledgertransfer;
DROP FUNCTION ledger_transfer_balances();
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0002_initial")]
    operations = [migrations.RunSQL(BALANCE, UNDO)]
