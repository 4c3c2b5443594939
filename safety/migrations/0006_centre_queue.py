"""What the emergency centre is told has a queue of its own: what waited in the one for contacts waits there from now on."""

from django.db import migrations

# A call for help is also passed on to contacts, who stay where they are; to tell the centre twice is harmless.
MOVE = """
INSERT INTO core_outboxevent (name, version, payload, queue, created_at, not_before, attempts)
SELECT name, version, payload, 'life_centre', created_at, not_before, 0 FROM core_outboxevent
WHERE delivered_at IS NULL AND queue = 'life_safety' AND name = 'safety.sos_raised';
UPDATE core_outboxevent SET queue = 'life_centre'
WHERE delivered_at IS NULL AND queue = 'life_safety' AND name IN ('safety.sos_repeated', 'safety.danger_shown');
"""
BACK = """
UPDATE core_outboxevent SET queue = 'life_safety' WHERE delivered_at IS NULL AND queue = 'life_centre';
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0003_laws"), ("safety", "0005_crash")]

    operations = [migrations.RunSQL(MOVE, BACK)]
