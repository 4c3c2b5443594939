"""The law of the relaunch gate, held by the database whoever asks: a suspended line moves only while a passage carries it."""

from django.db import migrations

# Suspending is always allowed, and ends the passage at once; everything that lets more people ride needs a passage that two
# signed, of this line and city, and no further than it got. A row is never renamed, nor made anew beside its past: a line that
# was suspended everywhere begins in no city but as a suspended one. What two people agreed to stop later does not return before.
LAW = """
CREATE FUNCTION rides_line_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION 'lines are not forgotten' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'running' OR OLD.suspends_at IS NOT NULL THEN
            RAISE EXCEPTION 'a suspended line is not forgotten' USING ERRCODE = 'check_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF NEW.state = 'suspended' THEN
        IF TG_OP = 'UPDATE' AND (NEW.line, NEW.city_id) IS DISTINCT FROM (OLD.line, OLD.city_id) THEN
            RAISE EXCEPTION 'a line is not renamed' USING ERRCODE = 'check_violation';
        END IF;
        UPDATE public.governance_gatepassage p SET state = 'fallen', ended_at = COALESCE(ended_at, clock_timestamp())
            FROM public.rides_city c
            WHERE c.id = NEW.city_id AND p.city = c.code AND p.line = NEW.line AND p.state = 'probation';
        RETURN NEW;
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state = 'running' AND NOT EXISTS (
            SELECT 1 FROM public.rides_linesuspension s WHERE s.line = NEW.line AND s.state = 'carried_out'
            AND (s.city_id IS NULL OR s.city_id = NEW.city_id)
        ) THEN
            RETURN NEW;
        END IF;
    ELSIF (NEW.line, NEW.city_id) IS DISTINCT FROM (OLD.line, OLD.city_id) THEN
        RAISE EXCEPTION 'a line is not renamed' USING ERRCODE = 'check_violation';
    ELSIF OLD.state = NEW.state AND NEW.share <= OLD.share AND (OLD.suspends_at IS NULL
        OR (NEW.suspends_at IS NOT NULL AND NEW.suspends_at <= OLD.suspends_at)) THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state <> 'suspended' AND OLD.suspends_at IS NOT NULL AND NEW.suspends_at IS NULL THEN
        RAISE EXCEPTION 'two people agreed that the line stops' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT 1 FROM public.rides_linesuspension s WHERE s.line = NEW.line AND s.state = 'agreed'
        AND (s.city_id IS NULL OR s.city_id = NEW.city_id)
    ) THEN
        RAISE EXCEPTION 'two people agreed that the line stops' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT 1 FROM public.governance_gatepassage p JOIN public.rides_city c ON c.code = p.city
        WHERE c.id = NEW.city_id AND p.line = NEW.line AND p.code = NEW.passage AND p.agreed_by <> ''
        AND p.ended_at IS NULL AND NEW.suspends_at IS NULL AND (
            (NEW.state = 'relaunching' AND p.state = 'probation' AND NEW.share <= p.share)
            OR (NEW.state = 'running' AND p.state = 'probation' AND p.share = 100 AND OLD.state = 'relaunching'))
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'line % returns only by a passage of the relaunch gate', NEW.line USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER line_returns_by_the_gate BEFORE UPDATE ON rides_lineincity
    FOR EACH ROW EXECUTE FUNCTION rides_line_moves();
ALTER TABLE rides_lineincity ENABLE ALWAYS TRIGGER line_returns_by_the_gate;
CREATE TRIGGER line_is_not_made_anew BEFORE INSERT OR DELETE ON rides_lineincity
    FOR EACH ROW EXECUTE FUNCTION rides_line_moves();
ALTER TABLE rides_lineincity ENABLE ALWAYS TRIGGER line_is_not_made_anew;
CREATE TRIGGER lines_are_not_emptied BEFORE TRUNCATE ON rides_lineincity
    FOR EACH STATEMENT EXECUTE FUNCTION rides_line_moves();
ALTER TABLE rides_lineincity ENABLE ALWAYS TRIGGER lines_are_not_emptied;
"""
# What carries a line is not made up either: it begins as the proposal of one of the staff, a second of another role signs it once,
# what they signed stays, and it grows by steps that are a day apart at least. The figures are bounds of policies
# (`governance.policies`: the first share, the second, the time of a step), within which people choose.
PASSAGES = """
CREATE FUNCTION governance_passage_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('TRUNCATE', 'DELETE') THEN
        RAISE EXCEPTION 'a passage of the gate is not forgotten' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state = 'proposed' AND NEW.share = 0 AND NEW.agreed_by = '' AND NEW.agreed_role = '' AND NEW.agreed_at IS NULL
            AND NEW.ended_at IS NULL AND EXISTS (
                SELECT 1 FROM public.accounts_account a WHERE a.code = NEW.proposed_by AND a.role = NEW.proposed_role)
        THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'a passage of the gate begins as a proposal' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.code, NEW.line, NEW.city, NEW.build, NEW.rules, NEW.proposed_by, NEW.proposed_role, NEW.proposed_at)
        IS DISTINCT FROM
        (OLD.code, OLD.line, OLD.city, OLD.build, OLD.rules, OLD.proposed_by, OLD.proposed_role, OLD.proposed_at)
    THEN
        RAISE EXCEPTION 'what was signed stays' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 'proposed' AND NEW.state = 'probation' THEN
        IF NEW.share > 20 OR NEW.ended_at IS NOT NULL OR NOT EXISTS (
            SELECT 1 FROM public.accounts_account a WHERE a.code = NEW.agreed_by AND a.role = NEW.agreed_role)
        THEN
            RAISE EXCEPTION 'a second person of the staff agrees' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.agreed_by, NEW.agreed_role, NEW.agreed_at) IS DISTINCT FROM (OLD.agreed_by, OLD.agreed_role, OLD.agreed_at) THEN
        RAISE EXCEPTION 'what was signed stays' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 'proposed' AND NEW.state IN ('proposed', 'withdrawn', 'lapsed') AND NEW.share = 0 THEN
        RETURN NEW;
    END IF;
    IF OLD.state = 'probation' AND NEW.state IN ('probation', 'done', 'fallen') AND (NEW.share = OLD.share
        OR (NEW.share > OLD.share AND NEW.share_since >= OLD.share_since + interval '1 day'
            AND (NEW.share <= 60 OR OLD.share > 20)))
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a passage of the gate does not move so' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER passage_moves_by_the_gate BEFORE INSERT OR UPDATE OR DELETE ON governance_gatepassage
    FOR EACH ROW EXECUTE FUNCTION governance_passage_moves();
ALTER TABLE governance_gatepassage ENABLE ALWAYS TRIGGER passage_moves_by_the_gate;
CREATE TRIGGER passages_are_not_emptied BEFORE TRUNCATE ON governance_gatepassage
    FOR EACH STATEMENT EXECUTE FUNCTION governance_passage_moves();
ALTER TABLE governance_gatepassage ENABLE ALWAYS TRIGGER passages_are_not_emptied;
"""
# A report that was published stays as it is, and what was counted once for one that waits is not counted otherwise.
REPORTS = """
CREATE FUNCTION governance_report_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'proposed'
        AND (NEW.code, NEW.begins, NEW.ends, NEW.corrects_id, NEW.change, NEW.proposed_by, NEW.proposed_at)
            IS NOT DISTINCT FROM
            (OLD.code, OLD.begins, OLD.ends, OLD.corrects_id, OLD.change, OLD.proposed_by, OLD.proposed_at)
        AND (OLD.figures IS NULL
            OR (NEW.figures, NEW.digest) IS NOT DISTINCT FROM (OLD.figures, OLD.digest))
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a report stays as it was counted and published' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER report_stays BEFORE UPDATE OR DELETE ON governance_transparencyreport
    FOR EACH ROW EXECUTE FUNCTION governance_report_stays();
ALTER TABLE governance_transparencyreport ENABLE ALWAYS TRIGGER report_stays;
CREATE TRIGGER reports_are_not_emptied BEFORE TRUNCATE ON governance_transparencyreport
    FOR EACH STATEMENT EXECUTE FUNCTION governance_report_stays();
ALTER TABLE governance_transparencyreport ENABLE ALWAYS TRIGGER reports_are_not_emptied;
"""
UNDO = """
DROP TRIGGER report_stays ON governance_transparencyreport;
DROP TRIGGER reports_are_not_emptied ON governance_transparencyreport;
DROP FUNCTION governance_report_stays();
DROP TRIGGER line_returns_by_the_gate ON rides_lineincity;
DROP TRIGGER line_is_not_made_anew ON rides_lineincity;
DROP TRIGGER lines_are_not_emptied ON rides_lineincity;
DROP FUNCTION rides_line_moves();
DROP TRIGGER passage_moves_by_the_gate ON governance_gatepassage;
DROP TRIGGER passages_are_not_emptied ON governance_gatepassage;
DROP FUNCTION governance_passage_moves();
"""


class Migration(migrations.Migration):
    dependencies = [("governance", "0001_initial"), ("rides", "0001_initial"), ("accounts", "0001_initial")]
    operations = [migrations.RunSQL(LAW + PASSAGES + REPORTS, UNDO)]
