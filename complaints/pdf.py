"""PDFs of complaints: the statement of an accident's safeguards (C6), a work summary (C8)."""

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from complaints import selectors
from complaints.states import CAPPED, Category, ClaimKind
from core import clock, formats, policy
from core.pdf import Sheet
from core.privacy import mask_name

if TYPE_CHECKING:
    from complaints.models import Accident, Claim, WorkSummary


def _now() -> str:
    return formats.moment(clock.now(), "full")


def _claim_row(claim: "Claim", *, masked: bool) -> list[str]:
    return [
        claim.code,
        str(ClaimKind(claim.kind).label),
        mask_name(claim.name) if masked else claim.name,
        formats.money(claim.asked_fen),
        formats.money(claim.granted_fen),
        str(claim.get_settled_how_display() or claim.get_state_display()),
        _("paid") if claim.granted_fen and selectors.paid_out(claim) else "",
    ]


def of_accident(accident: "Accident", *, only: "Claim | None" = None) -> bytes:
    """What was asked, granted and paid; for one claimant their own claim alone, and nothing of others."""
    sheet = Sheet(
        _("Statement of safeguards"),
        foot=f"Huhang 护航 · {accident.code} · {_now()}",
    )
    claims = [only] if only else selectors.claims_of(accident)
    facts = [
        (_("Accident"), accident.code),
        (_("When"), formats.moment(accident.happened_at, "full")),
        (pgettext("accident", "Where"), accident.place),
    ]
    if only is None:
        left = accident.cap_fen - accident.reserved_fen
        facts += [
            (_("Cap"), f"{formats.money(accident.cap_fen)} ({policy.title(accident.citation)})"),
            (_("Granted under the cap"), formats.money(accident.reserved_fen)),
            (_("Left"), formats.money(left)),
        ]
    sheet.facts(facts)
    sheet.head(_("Claims"))
    sheet.table(
        [
            pgettext("claim", "Code"),
            _("kind"),
            _("Name"),
            pgettext("claim", "asked"),
            pgettext("claim", "granted"),
            _("state"),
            "",
        ],
        [_claim_row(claim, masked=only is None) for claim in claims],
        [27, None, 20, 25, 25, 28, 12],
    )
    on_top = sum(claim.granted_fen for claim in claims if claim.kind not in CAPPED)
    if on_top:
        sheet.text(_("The care fund comes on top of the cap: %(sum)s.") % {"sum": formats.money(on_top)})
    sheet.gap()
    sheet.text(
        _("Neither the cap nor this statement limits damages that the law requires. An advance is paid before fault is settled and is no admission of it."),
        quiet=True,
    )  # fmt: skip
    return sheet.draw()


def figure_rows(figures: dict[str, Any]) -> list[tuple[str, str]]:
    """Figures of a summary as a person reads them."""
    met = figures["limits"] and figures["limits_met"] / figures["limits"]
    mean = figures["satisfaction"]
    return [
        (_("complaints taken"), str(figures["taken"])),
        (_("first answers"), str(figures["answered"])),
        (_("decisions"), str(figures["decided"])),
        (
            _("limits met"),
            f"{figures['limits_met']} / {figures['limits']}" + (f" ({met:.0%})" if met else ""),
        ),
        (_("satisfaction"), f"{mean:.2f} ({figures['scores']})" if mean is not None else "—"),
        (_("decisions appealed, and reversed"), f"{figures['appealed']} / {figures['reversed']}"),
        (_("incidents taken"), str(figures["incidents"])),
        (_("follow-ups done"), str(figures["follow_ups"])),
    ]


def category_rows(figures: dict[str, Any]) -> list[tuple[str, int]]:
    """How many of each category were taken, most first."""
    return [(str(Category(key).label), count) for key, count in figures["by_category"].items()]


def of_summary(row: "WorkSummary", figures: dict[str, Any]) -> bytes:
    """A work summary (工作总结) as it was handed in, with the supervisor's answer where there is one."""
    title = _("Work summary %(begins)s – %(ends)s") % {
        "begins": formats.moment(row.begins),
        "ends": formats.moment(row.ends),
    }
    sheet = Sheet(title, foot=f"Huhang 护航 · {row.account.code} · {_now()}")
    sheet.facts([(_("Name"), row.account.real_name or row.account.code), (_("Number"), row.account.code)])
    sheet.head(_("Figures"))
    sheet.facts(figure_rows(figures))
    if figures["by_category"]:
        sheet.table(
            [_("category"), pgettext("count", "taken")],
            [[name, str(count)] for name, count in category_rows(figures)],
            [None, 30],
        )
    if row.cases:
        sheet.head(_("Cases worth remembering"))
        sheet.text(" · ".join(row.cases))
    for head, text in (
        (_("Solved by my own judgement"), row.judgement),
        (_("What I learned"), row.learned),
        (_("Skills I want next"), row.skills),
        (_("Goals"), row.goals),
    ):
        if text:
            sheet.head(head)
            sheet.text(text)
    if row.reply:
        sheet.head(_("Answer of %(who)s") % {"who": row.replied_by})
        sheet.text(row.reply)
    return sheet.draw()
