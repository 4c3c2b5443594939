"""What becomes of a complaint in the drills, by the pages that customer service, adjudicators and passengers use."""

import re
from datetime import datetime

from core.languages import in_every_language
from governance.drills.world import Person, World


def newest(person: Person) -> str:
    """The code of the newest complaint that somebody filed."""
    rows = Person.must(person.get("/api/v1/complaints/"))
    return str(rows[0]["code"])


def _do(person: Person, code: str, action: str, body: dict[str, str]) -> None:
    answer = person.submit(f"/admin/workspace/{code}/do/{action}/", body)
    if answer.status_code != 302:
        Person.must(answer)


def _case(person: Person, code: str) -> str:
    return re.sub(r"\s+", " ", person.get(f"/admin/workspace/{code}/").text)


def looked_at(world: World, code: str, *, tz: datetime) -> None:
    """A person takes it, answers, and another reviews the stop on orders: what nobody did in 2018."""
    agent, specialist = world.person("agent"), world.person("specialist")

    def taken() -> tuple[bool, str]:
        answer = agent.submit("/admin/workspace/next/", {"do": "1"})
        led = answer.headers.get("location", "")
        return code in led, led or str(answer.status_code)

    world.expect("an agent takes the next complaint", "this one", taken, tz=tz)
    _do(agent, code, "answer", {"words": "我们已收到，正在处理。您现在安全吗？"})

    def answered() -> tuple[bool, str]:
        page = _case(agent, code)
        label = "|".join(re.escape(text) for text in in_every_language("first answer"))
        met = re.search(rf"✔ [^<]*\d\d:\d\d</b>(?:{label})", page)
        return met is not None, "in time" if met else "no answer"

    world.expect("she has an answer", "within ten minutes", answered, tz=tz)
    _do(specialist, code, "review_keep", {"words": "描述具体，维持暂停接单"})

    def kept() -> tuple[bool, str]:
        page = _case(specialist, code)
        stands = any(text in page for text in in_every_language("The stop on orders was reviewed and stays"))
        return stands, "reviewed, stays" if stands else "not reviewed"

    world.expect("a second person reviews the stop on orders", "reviewed, stays", kept, tz=tz)


def asked(world: World, code: str) -> None:
    """Both sides are asked what happened."""
    supervisor = world.person("supervisor")
    for side in ("complainant", "accused"):
        _do(supervisor, code, f"ask_{side}", {"words": "请说明事情经过"})
    _do(supervisor, code, "note", {"words": "电话五次无人接听"})


def heard(world: World, code: str, *, tz: datetime) -> None:
    """What she states is grave: it rings for whoever has her case until they say that they looked, and nothing is decided
    over it before."""
    agent = world.person("agent")

    def is_new() -> tuple[bool, str]:
        new = 'id="act-see"' in _case(agent, code)
        return new, "new, to be seen" if new else "nothing new"

    world.expect("what she states rings for whoever has her case", "new, to be seen", is_new, tz=tz)
    shown = re.search(r'name="shown" value="(\w*)"', _case(agent, code))
    _do(agent, code, "see", {"do": "1", "shown": shown[1] if shown else ""})


def decided(world: World, code: str, hers: Person, *, tz: datetime) -> None:
    """Two adjudicators who do not know of each other's decision ban the driver; she reads it and why."""
    first, second = world.person("adjudicator"), world.person("adjudicator2")
    body = {
        "finding": "upheld",
        "award": "accused:ban",
        "cites": "statement:complainant",
        "words": "描述一致且具体，对方逾期未作陈述。",
    }

    def without_him() -> tuple[bool, str]:
        page = _case(first, code)
        ready = 'id="act-decide"' in page
        return ready, "can be decided" if ready else "waits"

    world.expect("his silence does not stop it", "can be decided", without_him, tz=tz, patient=True)
    _do(first, code, "decide", body)

    def blind() -> tuple[bool, str]:
        page = _case(second, code)
        seen = body["words"] in page
        return not seen, "the first decision is shown" if seen else "not shown"

    world.expect("the second adjudicator does not see the first decision", "not shown", blind, tz=tz)
    _do(second, code, "decide", body)

    def told() -> tuple[bool, str]:
        found = Person.must(hers.get(f"/api/v1/complaints/{code}/"))
        return (found["state"], found["finding"]) == (
            "decided",
            "upheld",
        ), f"{found['state']} {found['finding']}"

    world.expect("she reads the decision and why", "decided upheld", told, tz=tz)
