"""How the console hands out files of cases, claims and police requests."""

from django.http import HttpResponse


def file_response(content: bytes, name: str, *, document: bool) -> HttpResponse:
    """A picture to look at, or a document, which only ever leaves as a download; kept by no cache."""
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if document:
        headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return HttpResponse(
        content, content_type="application/pdf" if document else "image/jpeg", headers=headers
    )
