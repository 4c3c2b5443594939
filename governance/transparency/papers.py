"""A published report as files: JSON with its schema, CSV by RFC 4180, PDF."""

import csv
import io
import json
from importlib import resources
from typing import Any

from django.utils.translation import get_language, gettext, override, pgettext

from core import formats, pdf
from governance.models import TransparencyReport
from governance.transparency.questions import MEASURES
from governance.transparency.show import name_of, tables_of

RATES = [(kind, part) for kind in ("per_million_trips", "per_million_km") for part in ("rate", "low", "high")]
PLAIN = ("p50", "p95", "longest", "within_first", "within_second", "fen", "km")
HEAD = (
    "report", "begins", "ends", "version", "measure", "category", "name_zh", "name_en", "count", "told",
    *PLAIN, *(f"{kind}_{part}" for kind, part in RATES),
)  # fmt: skip


def schema() -> dict[str, Any]:
    """The JSON schema (2020-12) of `as_json`."""
    text = resources.files("governance.transparency").joinpath("report-1.schema.json").read_text()
    found: dict[str, Any] = json.loads(text)
    return found


def _both(make: Any) -> dict[str, Any]:
    found = {}
    for key, language in (("zh", "zh-hans"), ("en", "en")):
        with override(language):
            found[key] = make()
    return found


def as_json(row: TransparencyReport, *, schema_at: str, checkpoint: str) -> dict[str, Any]:
    """The whole report: its figures as they were digested, and what each measure and category is called."""
    named = {}
    for table in row.counted["tables"]:
        measure = MEASURES.get(table["measure"])
        if measure is None:
            continue
        named[measure.key] = {
            "title": _both(lambda measure=measure: str(measure.title)),
            "about": _both(lambda measure=measure: str(measure.about)),
            "categories": {
                key: _both(lambda measure=measure, key=key: name_of(measure, key)) for key in measure.cells
            },
            "beside": [_both(lambda each=each: str(each.text)) for each in measure.beside],
        }
    return {
        "$schema": schema_at,
        "report": row.code,
        "version": row.version,
        "corrects": row.corrects.code if row.corrects else None,
        "change": row.change,
        "published_at": row.decided_at.isoformat() if row.decided_at else None,
        "figures_sha256": row.digest,
        "journal_checkpoint": checkpoint,
        "figures": row.counted,
        "dictionary": named,
    }


def as_csv(row: TransparencyReport) -> str:
    """A line for each category and each sum (an empty category), RFC 4180: commas, CRLF, a head. Names are ours alone."""
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(HEAD)
    about = [row.code, row.begins.isoformat(), row.ends.isoformat(), row.version]
    for table in row.counted["tables"]:
        measure = MEASURES.get(table["measure"])
        for each in (*table["cells"], table["total"]):
            names = _both(lambda each=each, measure=measure: name_of(measure, each["cell"]))
            rates = [(each.get(kind) or {}).get(part, "") for kind, part in RATES]
            told = "no" if each["count"] is None else "yes"
            count = "" if each["count"] is None else each["count"]
            plain = [each.get(name, "") for name in PLAIN]
            lines.writerow(
                [
                    *about,
                    table["measure"],
                    each["cell"],
                    names["zh"],
                    names["en"],
                    count,
                    told,
                    *plain,
                    *rates,
                ]
            )
    return written.getvalue()


def as_pdf(row: TransparencyReport) -> bytes:
    """The published report on paper, in the reader's language, as it was drawn when it was published."""
    return bytes(row.paper_en if (get_language() or "").startswith("en") else row.paper_zh)


def papers_of(row: TransparencyReport) -> dict[str, bytes]:
    """What `as_pdf` gives, by the column that keeps it."""
    return {f"paper_{key}": paper for key, paper in _both(lambda: _drawn(row)).items()}


def _drawn(row: TransparencyReport) -> bytes:
    sheet = pdf.Sheet(title_of(row), foot=row.code)
    sheet.facts(facts_of(row))
    for text in rules():
        sheet.text(text, quiet=True)
    for table in tables_of(row):
        sheet.head(table.title)
        sheet.text(table.about, quiet=True)
        wide = len(table.head) + 1
        sheet.table(
            [pgettext("report", "category"), *table.head],
            [[each.name, *each.cells] for each in table.rows],
            [None, *[min(26.0, 118 / wide)] * len(table.head)],
        )
        for text in table.beside:
            sheet.text(text, quiet=True)
        sheet.text(f"SHA-256 {table.digest}", quiet=True)
    return sheet.draw()


def title_of(row: TransparencyReport) -> str:
    """Of which days it is."""
    return gettext("Transparency report, %(begins)s to %(ends)s") % {
        "begins": row.begins.isoformat(),
        "ends": row.ends.isoformat(),
    }


def facts_of(row: TransparencyReport) -> list[tuple[str, str]]:
    """What it says of itself."""
    found = [
        (pgettext("report", "report"), row.code),
        (pgettext("report", "version"), str(row.version or "–")),
    ]
    if row.decided_at:
        found.append((pgettext("report", "published by two people"), formats.moment(row.decided_at)))
    found.append((pgettext("report", "counted"), formats.moment(row.counted["counted_at"])))
    if row.change:
        found.append((pgettext("report", "what changed"), row.change))
    return [*found, (pgettext("report", "SHA-256 of the figures"), row.digest)]


def rules() -> list[str]:
    """How it was counted and what is not told, in the reader's language."""
    return [
        gettext(
            "What marked accounts of our drills do is counted nowhere. Every category is listed: the tables of incidents"
            " add up to all incidents of these days, those of complaints to all complaints."
        ),
        gettext(
            "Where a table is about people, a count from 1 to 4 is not told, because somebody could be recognised in it. So"
            " that subtracting the others from the sum tells nothing, the next greater counts go with it. A sum from 1 to 4"
            " is not told, nor is its table. A correction does not tell what differs by 1 to 4 from a version before it."
        ),
        gettext(
            "Rates are in a million trips or kilometres, with the interval of 95 per cent confidence"
            " (Poisson, exact)."
        ),
    ]
