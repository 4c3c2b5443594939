"""The laws of public questions, held by the database whoever asks (G4)."""

from django.db import migrations

# What was asked stays; it is counted once. Until then a vote may be written anew where all others are (`governance_mix_votes`),
# so the law looks at the end of a transaction: each row that went is there again, as it was.
LAWS = """
CREATE FUNCTION governance_kept_for_good() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what the public was asked and answered stays' USING ERRCODE = 'check_violation';
END $$;
CREATE FUNCTION governance_question_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.counted_at IS NOT NULL OR to_jsonb(NEW) - '{counted_at,list_sha256,result}'::text[]
        <> to_jsonb(OLD) - '{counted_at,list_sha256,result}'::text[]
    THEN
        RAISE EXCEPTION 'what the public was asked and answered stays' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION governance_option_comes_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM public.governance_voter v WHERE v.consultation_id = NEW.consultation_id) OR EXISTS (
        SELECT 1 FROM public.governance_consultation c WHERE c.id = NEW.consultation_id AND c.counted_at IS NOT NULL)
    THEN
        RAISE EXCEPTION 'nobody adds an answer once people vote' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION governance_not_counted_yet() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE which bigint;
BEGIN
    IF TG_TABLE_NAME = 'governance_ballot' THEN
        SELECT o.consultation_id INTO which FROM public.governance_option o WHERE o.id = NEW.option_id;
    ELSE
        which := NEW.consultation_id;
    END IF;
    IF EXISTS (SELECT 1 FROM public.governance_consultation c WHERE c.id = which AND c.counted_at IS NOT NULL) THEN
        RAISE EXCEPTION 'it was counted already' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION governance_ballot_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM public.governance_ballot b WHERE b.receipt = OLD.receipt AND b.option_id = OLD.option_id
        AND b."group" = OLD."group" AND b.beyond = OLD.beyond)
    THEN
        RAISE EXCEPTION 'a vote is not changed or taken away' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION governance_voter_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM public.governance_voter v WHERE v.mark = OLD.mark AND v.consultation_id = OLD.consultation_id)
    THEN
        RAISE EXCEPTION 'a vote is not changed or taken away' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER question_stays BEFORE UPDATE ON governance_consultation
    FOR EACH ROW EXECUTE FUNCTION governance_question_stays();
CREATE TRIGGER question_is_not_deleted BEFORE DELETE ON governance_consultation
    FOR EACH ROW EXECUTE FUNCTION governance_kept_for_good();
CREATE TRIGGER option_comes_first BEFORE INSERT ON governance_option
    FOR EACH ROW EXECUTE FUNCTION governance_option_comes_first();
CREATE TRIGGER option_stays BEFORE UPDATE OR DELETE ON governance_option
    FOR EACH ROW EXECUTE FUNCTION governance_kept_for_good();
CREATE TRIGGER answer_stays BEFORE UPDATE OR DELETE ON governance_consultationanswer
    FOR EACH ROW EXECUTE FUNCTION governance_kept_for_good();
CREATE TRIGGER list_stays BEFORE UPDATE OR DELETE ON governance_votelist
    FOR EACH ROW EXECUTE FUNCTION governance_kept_for_good();
CREATE TRIGGER ballot_before_the_count BEFORE INSERT ON governance_ballot
    FOR EACH ROW EXECUTE FUNCTION governance_not_counted_yet();
CREATE TRIGGER voter_before_the_count BEFORE INSERT ON governance_voter
    FOR EACH ROW EXECUTE FUNCTION governance_not_counted_yet();
CREATE CONSTRAINT TRIGGER ballot_stays AFTER UPDATE OR DELETE ON governance_ballot DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION governance_ballot_stays();
CREATE CONSTRAINT TRIGGER voter_stays AFTER UPDATE OR DELETE ON governance_voter DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION governance_voter_stays();
"""
TABLES = ("consultation", "option", "consultationanswer", "ballot", "voter", "votelist")
EMPTIED = "\n".join(
    f"CREATE TRIGGER {name}s_are_not_emptied BEFORE TRUNCATE ON governance_{name}"
    " FOR EACH STATEMENT EXECUTE FUNCTION governance_kept_for_good();"
    for name in TABLES
)
# The laws hold for replicas as well.
ALWAYS = "\n".join(
    f"ALTER TABLE governance_{table} ENABLE ALWAYS TRIGGER {name};"
    for table, name in (
        ("consultation", "question_stays"),
        ("consultation", "question_is_not_deleted"),
        ("option", "option_comes_first"),
        ("option", "option_stays"),
        ("consultationanswer", "answer_stays"),
        ("votelist", "list_stays"),
        ("ballot", "ballot_before_the_count"),
        ("voter", "voter_before_the_count"),
        ("ballot", "ballot_stays"),
        ("voter", "voter_stays"),
        *((name, f"{name}s_are_not_emptied") for name in TABLES),
    )
)
# Whoever wrote two rows at once shows it in both (`xmin`), and rows stand in a table as they came: so a copy of the database
# would tell whose vote is whose. What came since the last time is written anew together with ten thousand others (all, where
# there are fewer), at once, each table in its own random order. It is the only way to write one anew that the platform's own
# role has. Nobody waits for it: what others write meanwhile is not seen, and is mixed the next time.
MIX = """
CREATE FUNCTION governance_mix_votes(which bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
BEGIN
    WITH every AS MATERIALIZED (
        SELECT v.mark AS key, count(*) OVER (PARTITION BY v.xmin::text) AS together FROM public.governance_voter v
        WHERE v.consultation_id = which
    ), chosen AS MATERIALIZED (
        (SELECT key FROM every WHERE together = 1)
        UNION ALL (SELECT key FROM every WHERE together > 1 ORDER BY random() LIMIT 10000)
    ), gone AS (
        DELETE FROM public.governance_voter v USING chosen WHERE v.mark = chosen.key RETURNING v.*
    )
    INSERT INTO public.governance_voter (mark, consultation_id) SELECT mark, consultation_id FROM gone ORDER BY mark COLLATE "C";
    WITH every AS MATERIALIZED (
        SELECT b.receipt AS key, count(*) OVER (PARTITION BY b.xmin::text) AS together FROM public.governance_ballot b
        JOIN public.governance_option o ON o.id = b.option_id WHERE o.consultation_id = which
    ), chosen AS MATERIALIZED (
        (SELECT key FROM every WHERE together = 1)
        UNION ALL (SELECT key FROM every WHERE together > 1 ORDER BY random() LIMIT 10000)
    ), gone AS (
        DELETE FROM public.governance_ballot b USING chosen WHERE b.receipt = chosen.key RETURNING b.*
    )
    INSERT INTO public.governance_ballot (receipt, option_id, "group", beyond)
        SELECT receipt, option_id, "group", beyond FROM gone ORDER BY receipt COLLATE "C";
END $$;
CREATE FUNCTION governance_votes_show_order(which bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT count(*) > 1 AND EXISTS (
        SELECT 1 FROM public.governance_voter v WHERE v.consultation_id = which GROUP BY v.xmin::text HAVING count(*) = 1
    ) FROM public.governance_voter v WHERE v.consultation_id = which
$$;
"""
UNDO = """
DROP FUNCTION governance_kept_for_good() CASCADE;
DROP FUNCTION governance_question_stays() CASCADE;
DROP FUNCTION governance_option_comes_first() CASCADE;
DROP FUNCTION governance_not_counted_yet() CASCADE;
DROP FUNCTION governance_ballot_stays() CASCADE;
DROP FUNCTION governance_voter_stays() CASCADE;
DROP FUNCTION governance_mix_votes(bigint);
DROP FUNCTION governance_votes_show_order(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("governance", "0002_laws")]
    operations = [
        migrations.RunSQL(LAWS + EMPTIED + ALWAYS + MIX, UNDO),
    ]
