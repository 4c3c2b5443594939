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
CREATE TRIGGER lines_are_not_emptied BEFORE TRUNCATE ON rides_lineincity
    FOR EACH STATEMENT EXECUTE FUNCTION rides_line_moves();
"""
UNDO = """
DROP TRIGGER line_returns_by_the_gate ON rides_lineincity;
DROP TRIGGER line_is_not_made_anew ON rides_lineincity;
DROP TRIGGER lines_are_not_emptied ON rides_lineincity;
DROP FUNCTION rides_line_moves();
"""


class Migration(migrations.Migration):
    dependencies = [("governance", "0001_initial"), ("rides", "0001_initial")]
    operations = [migrations.RunSQL(LAW, UNDO)]
