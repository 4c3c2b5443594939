"""The sound of a trip on a letter that names it: of its time, to its officer, whose station was called back, with digests."""

import hashlib
from datetime import timedelta

import pytest

from core import clock
from core.models import AuditEntry
from police import services
from police.documents.models import ReleaseCopy
from police.models import Officer, Release
from police.tests.factories import complete, letter_sent
from safety.models import Recording
from safety.tests.factories import WEBM_HEAD, agree, begin, cluster

SLICES = 6


@pytest.fixture(autouse=True)
def own_sound(settings, tmp_path):
    settings.RECORDING_KEYS = str(tmp_path / "keys")


@pytest.fixture
def recorded(rides):
    """A trip whose sound was recorded: six chunks of ten seconds each."""
    trip = rides.under_way()
    agree(trip)
    phone = begin(trip)
    phone.keep(*range(SLICES))
    Recording.objects.update(slice_ms=10_000, last=SLICES - 1, chunks=SLICES)
    return trip, Recording.objects.get()


def released(people, trip, wanted=("recording",), **changes):
    (asked,) = letter_sent(people("officer"), complete(trip.code, wanted=list(wanted), **changes))
    services.propose_release(account=people("agent"), code=asked.code)
    services.confirm_release(account=people("supervisor"), code=asked.code)
    return asked


def fetch(client, asked, recording):
    return client.get(f"/police/requests/{asked.code}/sound/{recording.code}/")


def test_the_sound_is_handed_over_with_its_digest_and_whose_copy_it_is(recorded, people, signed_in):
    trip, recording = recorded
    asked, client = released(people, trip), signed_in("officer")
    page = client.get(f"/police/requests/{asked.code}/").content.decode()
    assert f"/police/requests/{asked.code}/sound/{recording.code}/" in page
    answer = fetch(client, asked, recording)
    sound = b"".join(answer.streaming_content)
    assert sound == WEBM_HEAD + b"".join(cluster(number) for number in range(SLICES))
    assert (answer["X-SHA256"], answer["Content-Type"]) == (hashlib.sha256(sound).hexdigest(), "audio/webm")
    assert "attachment" in answer["Content-Disposition"]
    copy = ReleaseCopy.objects.get(kind="sound")
    assert (copy.sha256, copy.size, copy.reader, copy.content) == (
        answer["X-SHA256"],
        len(sound),
        "officer",
        "",
    )
    assert len(copy.sm3) == 64
    noted = AuditEntry.objects.get(action="police.sound_handed_over")
    assert (noted.actor, noted.case, noted.facts["recording"]) == ("officer", asked.code, recording.code)


def test_no_more_of_it_than_the_time_of_the_letter(recorded, people, signed_in, noon):
    trip, recording = recorded
    noon.shift(120)
    span = {
        "span_from": recording.begun_at + timedelta(seconds=25),
        "span_to": recording.begun_at + timedelta(seconds=39),
    }
    asked = released(people, trip, **span)
    sound = b"".join(fetch(signed_in("officer"), asked, recording).streaming_content)
    assert sound == WEBM_HEAD + cluster(2) + cluster(3), "the head is no sound"


@pytest.mark.parametrize("wanted", [("trip",), ("driver", "vehicle", "positions")])
def test_a_letter_that_does_not_name_it_gets_none(recorded, people, signed_in, wanted):
    trip, recording = recorded
    asked = released(people, trip, wanted)
    assert fetch(signed_in("officer"), asked, recording).status_code == 404


def test_nor_does_a_thief_anybody_else_or_who_comes_too_late(recorded, people, signed_in, noon):
    trip, recording = recorded
    asked = released(people, trip)
    assert fetch(signed_in("officer2"), asked, recording).status_code == 404
    assert fetch(signed_in("passenger"), asked, recording).status_code == 403
    Officer.objects.filter(account__code="officer").update(tier=1)
    assert fetch(signed_in("officer"), asked, recording).status_code == 403, "only a mailbox vouches for them"
    Officer.objects.filter(account__code="officer").update(tier=2)
    assert fetch(signed_in("officer"), asked, recording).status_code == 200
    Release.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert fetch(signed_in("officer"), asked, recording).status_code == 404, "it is closed"
    assert ReleaseCopy.objects.filter(kind="sound").count() == 1


def test_what_was_destroyed_is_not_there(recorded, people, signed_in):
    trip, recording = recorded
    asked = released(people, trip)
    Recording.objects.filter(pk=recording.pk).update(
        state="destroyed", destroyed_at=clock.now(), receipt="r" * 20
    )
    assert fetch(signed_in("officer"), asked, recording).status_code == 404
