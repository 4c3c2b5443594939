"""The files of a letter, and of the papers that follow an emergency: read, kept, known when they come again (P2+, P3, P10)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Q, QuerySet

from core import clock, pictures, policy
from core.errors import NotFound
from core.reader import door
from core.reader.headers import Kind
from core.retention import RECORDS_KEPT
from core.transactions import joins_transaction
from police import letters
from police.models import Notice, NoticeFile, PoliceRequest
from police.states import Paper, Unusual

if TYPE_CHECKING:
    from core.reader.door import Upload

# How forms of one page name the files beside the numbers of the certificates.
FIELDS = {Paper.LETTER: "letter", Paper.CERTIFICATE_1: "file_1", Paper.CERTIFICATE_2: "file_2"}
PURPOSES = {Kind.PDF: "police_document", Kind.JPEG: "police_paper"}
# Of a letter: the shapes of its lines; of a certificate: that of the whole picture.
LINES = door.Reading("police.vision:lines", list[str])
CARD = door.Reading("police.vision:card", list[str])
COMPARED = 400  # papers of the same station, and of all, that one is compared with by its shapes, the newest


class Read(NamedTuple):
    """A paper that lies in storage and belongs to nothing yet, and the shapes by which it is known again."""

    kind: Kind
    written: pictures.Written
    lines: list[str]


def read(uploads: "Mapping[Paper, Upload | bytes]") -> dict[Paper, Read]:
    """Look at each file and write it to storage; outside of transactions. Raises as `core.reader.door.read_file`."""
    found = {}
    for paper, upload in uploads.items():
        kind, content = door.read_file(upload)
        pages = door.pages(content, LINES if paper == Paper.LETTER else CARD)
        found[paper] = Read(kind, pictures.store(content), [line for page in pages for line in page])
    return found


@joins_transaction
def keep(read: Mapping[Paper, Read], *, of: Notice | PoliceRequest) -> None:
    """Make read files those of a notice, or of an emergency; they are kept as long as what was asked.

    One that lies there already, because it was sent again, is kept once.
    """
    there = papers_of(of)
    for paper, (kind, written, lines) in read.items():
        known = {there[paper].picture.digest} if paper in there else set()
        if not pictures.is_new(written, known):
            continue
        picture = pictures.attach(
            written, purpose=PURPOSES[kind], subject=of.code, keep_for=policy.span(RECORDS_KEPT)
        )
        NoticeFile.objects.create(
            notice=of if isinstance(of, Notice) else None,
            request=of if isinstance(of, PoliceRequest) else None,
            paper=paper,
            picture=picture,
            is_document=kind == Kind.PDF,
            lines=" ".join(lines),
            at=clock.now(),
        )


def _files(of: Notice | PoliceRequest) -> "QuerySet[NoticeFile]":
    rows = NoticeFile.objects.select_related("picture")
    if isinstance(of, Notice):
        return rows.filter(notice=of)
    mine = Q(request=of)
    return rows.filter(mine | Q(notice=of.notice_id) if of.notice_id else mine)


def papers_of(of: Notice | PoliceRequest) -> dict[Paper, NoticeFile]:
    """The files of a notice, or of a request with those of its notice, by what they are; of several the last."""
    return {Paper(row.paper): row for row in _files(of).order_by("pk")}


def paper_of(request: PoliceRequest, code: str) -> NoticeFile:
    """A file of a request, by the code of the picture. Raises `NotFound`."""
    found = _files(request).filter(picture__code=code).first()
    if found is None:
        raise NotFound
    return found


def came_before(of: Notice | PoliceRequest, *, agency: int, number: str) -> set[Unusual]:
    """What of the papers came with another notice or emergency (P10): the letter, of whichever officer, or a certificate,
    of another station, as an officer's own comes with each of theirs.

    It is the same file, or the same paper scanned or pressed again or cut. `number` is that of the letter, `agency` the
    key of the station.
    """
    mine = list(_files(of).order_by("pk"))
    of_letter = [row for row in mine if row.paper == Paper.LETTER]
    others = NoticeFile.objects.filter(Q(notice__sent_at__isnull=False) | Q(request__isnull=False))
    others = others.exclude(pk__in=[row.pk for row in mine]).select_related("notice", "request")
    found = set()
    if _letter_before(of_letter, others.filter(paper=Paper.LETTER), agency, letters.number_index(number)):
        found.add(Unusual.LETTER_USED)
    cards = [row for row in mine if row.paper != Paper.LETTER]
    if _certificate_before(cards, others.exclude(paper=Paper.LETTER), agency):
        found.add(Unusual.CERTIFICATE_USED)
    return found


def _of_station(agency: int) -> Q:
    return Q(notice__officer__agency=agency) | Q(request__agency=agency)


def _same_file(mine: list[NoticeFile], others: "QuerySet[NoticeFile]") -> bool:
    return others.filter(picture__digest__in=[row.picture.digest for row in mine]).exists()


def _letter_before(mine: list[NoticeFile], others: "QuerySet[NoticeFile]", agency: int, number: str) -> bool:
    if _same_file(mine, others):
        return True
    drawn = [lines for row in mine if (lines := row.lines.split())]
    if not drawn:
        return False
    rows = others.order_by("-pk")
    near = [
        *rows.filter(notice__number_index=number)[:COMPARED],
        *rows.filter(_of_station(agency))[:COMPARED],
        *rows[:COMPARED],
    ]
    return any(
        letters.is_same(lines, row.lines.split(), same_number=_number(row) == number)
        for row in {row.pk: row for row in near}.values()
        for lines in drawn
    )


def _number(row: NoticeFile) -> str:
    if row.notice is not None:
        return row.notice.number_index
    assert row.request is not None  # noqa: S101 - the law: a file is of the one or the other
    return letters.number_index(str(row.request.letter_number))


def _certificate_before(mine: list[NoticeFile], others: "QuerySet[NoticeFile]", agency: int) -> bool:
    elsewhere = others.exclude(_of_station(agency))
    if _same_file(mine, elsewhere):
        return True
    shapes = [row.lines.split() for row in elsewhere.order_by("-pk")[:COMPARED]]
    return any(letters.is_same_card(row.lines.split(), each) for row in mine for each in shapes)
