"""What tests set up in a whole running stack, as its owner."""

import psycopg

from governance.drills.world import World


def let_owners_drive_all_day(world: World) -> None:
    """Two owners drive all parties of a test's day, more than the law's idea of sharing costs allows (R2)."""
    with psycopg.connect(world.env["HUHANG_OWNER_URL"], autocommit=True) as owner:
        owner.execute(
            "INSERT INTO core_policyversion (key, number, value, effective_from, proposed_by, approved_by, reason)"
            " VALUES ('rides.hitch_daily_trips', 1, '100', '2020-01-01', 'tests', 'journeys', ''),"
            " ('rides.hitch_declines', 1, '100', '2020-01-01', 'tests', 'journeys', ''),"
            " ('rides.hitch_next_after', 1, '0', '2020-01-01', 'tests', 'journeys', '')"
        )
