"""What a push service brings to a phone: the worker shows it, whatever came."""

import json
from time import monotonic

import pytest

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journey")]
SHOWN = """() => navigator.serviceWorker.ready.then((worker) => worker.getNotifications())
  .then((all) => all.map((each) => [each.tag, each.body, each.data.page]).sort())"""


def test_the_worker_shows_what_comes(visitor, stack):
    hers = visitor("phone", "en-US")
    hers.context.grant_permissions(["notifications"], origin=stack.url)
    page = hers.go("/welfare-check/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    known = []
    browser = hers.context.new_cdp_session(page)
    browser.on("ServiceWorker.workerRegistrationUpdated", lambda said: known.extend(said["registrations"]))
    browser.send("ServiceWorker.enable")
    deadline = monotonic() + 60
    while not known and monotonic() < deadline:
        page.wait_for_timeout(100)
    (worker,) = {each["registrationId"] for each in known}

    def bring(data):
        about = {"origin": stack.url, "registrationId": worker, "data": data}
        browser.send("ServiceWorker.deliverPushMessage", about)

    said = {"text": "a car was found", "page": "/trips/T-1/", "tag": "one", "lang": "en"}
    bring(json.dumps(said))
    page.wait_for_function(f"async () => (await ({SHOWN})()).length === 1")
    bring(json.dumps(said | {"text": "your car waits"}))
    bring("not ours")
    page.wait_for_function(f"async () => (await ({SHOWN})()).length === 2")
    rows = {tag: (body, opens) for tag, body, opens in page.evaluate(SHOWN)}
    # The later one of a trip stands in the place of the earlier.
    assert rows["one"] == ("your car waits", "/trips/T-1/")
    assert rows["huhang"][0] == ""
