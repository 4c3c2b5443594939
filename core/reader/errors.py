"""Why a file is not kept, for whoever sent it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class FileFault(DomainError):
    """A file that is not kept; what came with it need not be lost."""

    code, status, sentence = "file_fault", 400, _("This file was not kept.")


class FileRefused(FileFault):
    code, sentence = (
        "file_refused",
        _("Pictures (JPEG, PNG, WebP, HEIC) and PDF files up to 8 MB can be added. This is something else or too large."),
    )  # fmt: skip


class PictureUnreadable(FileFault):
    code, sentence = (
        "picture_unreadable",
        _("This is not a picture that can be read. Use JPEG, PNG, WebP or HEIC."),
    )


class PictureTooLarge(FileFault):
    code, status, sentence = (
        "picture_too_large",
        413,
        _("This picture is larger than 8 MB or 25 megapixels. Send a smaller one."),
    )


class PdfUnreadable(FileFault):
    code, sentence = "pdf_unreadable", _("This PDF file is damaged and cannot be opened. Save it anew, or send a picture of it.")  # fmt: skip


class PdfLocked(FileFault):
    code, sentence = (
        "pdf_locked",
        _("This PDF file is locked with a password. Save it without one, or send a picture of it."),
    )


class PdfActive(FileFault):
    code, sentence = (
        "pdf_active",
        _(
            "This PDF file does something when it is opened. Print it to a new PDF file, or send a picture of it."
        ),
    )


class ReaderBusy(FileFault):
    code, status, sentence = (
        "reader_busy",
        503,
        _("Very many pictures are being read at this moment. Please send yours again in a minute."),
    )
    retry_after = 60


class FileNotKept(FileFault):
    code, status, sentence = (
        "file_not_kept",
        503,
        _("Files cannot be kept at this moment. Please send yours again later."),
    )


class TooManyFiles(FileFault):
    code, sentence = "too_many_files", _("Up to 10 files can be added to a complaint.")


class TooManyFilesToday(FileFault):
    code, status, sentence = (
        "files_of_a_day",
        429,
        _("Very many files came from you today. Please send this one tomorrow."),
    )


class WhyMissing(models.TextChoices):
    """Codes of faults, as a row or a line keeps them about a file that did not come with its words."""

    REFUSED = FileRefused.code, _("it is neither a picture nor a PDF file, or too large")
    UNREADABLE = PictureUnreadable.code, _("the picture cannot be read")
    TOO_LARGE = PictureTooLarge.code, _("the picture is too large")
    PDF_UNREADABLE = PdfUnreadable.code, _("the PDF file is damaged")
    PDF_LOCKED = PdfLocked.code, _("the PDF file is locked with a password")
    PDF_ACTIVE = PdfActive.code, _("the PDF file does something when it is opened")
    BUSY = ReaderBusy.code, _("too many pictures were being read")
    NOT_KEPT = FileNotKept.code, _("files could not be kept at that moment")
    TOO_MANY = TooManyFiles.code, _("there were more files than can be added")
    TODAY = TooManyFilesToday.code, _("very many files had come from the same person that day")
