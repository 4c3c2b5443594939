from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

# What nobody has answered names from now on what an inspection may; the letter itself (`filled`) stays as it was written.
# Where nothing is left, it is whether there was such a trip, which people refuse or give. What was answered stays as it went
# out: whoever it is about is told so. Only where there is no such row is all of the table under the law.
NARROW = """
UPDATE police_policerequest SET
    left_out = left_out - '{contact,passenger,recording}'::text[],
    wanted = coalesce((
        SELECT jsonb_agg(each ORDER BY each) FROM jsonb_array_elements_text(wanted) each
        WHERE each IN ('driver', 'payment', 'positions', 'trip', 'vehicle')
    ), '["trip"]'::jsonb)
WHERE agency_kind = 'transport' AND state NOT IN ('released', 'refused')
    AND NOT wanted <@ '["driver", "payment", "positions", "trip", "vehicle"]'::jsonb;
"""
LAW = models.CheckConstraint(condition=models.Q(models.Q(('agency_kind', 'transport'), _negated=True), ('wanted__contained_by', ['driver', 'payment', 'positions', 'trip', 'vehicle']), _connector='OR'), name='request_of_inspection_names_what_it_may')
VALIDATE = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM police_policerequest WHERE agency_kind = 'transport'
        AND NOT wanted <@ '["driver", "payment", "positions", "trip", "vehicle"]'::jsonb)
    THEN
        ALTER TABLE police_policerequest VALIDATE CONSTRAINT request_of_inspection_names_what_it_may;
    END IF;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('police', '0004_officer_is_told_of_the_end'),
        ('rides', '0002_laws'),
    ]

    operations = [
        migrations.RunSQL(NARROW, migrations.RunSQL.noop),
        AddConstraintNotValid('policerequest', LAW),
        migrations.RunSQL(VALIDATE, migrations.RunSQL.noop),
    ]
