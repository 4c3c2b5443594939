"""What all answers of the sandbox have."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

HEADER = "Huhang-Sandbox"


def says_what_it_is(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """No platform in production takes the sandbox for the world outside."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response[HEADER] = "1"
        return response

    return answer
