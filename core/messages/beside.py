"""Whether whoever a message goes to may sit beside the one it is about: then it waits.

A phone that lights up shows what it says to everybody in the car. Whoever knows of cases and trips stands above, and
says it here; a message says of itself that it `betrays` (`core.messages.catalogue`).
"""

from collections.abc import Callable

Question = Callable[[str, str], bool]
_questions: list[Question] = []


def reads_along(question: Question) -> Question:
    """Function decorator: say of a subject's code and a recipient whether the other side may read along now."""
    _questions.append(question)
    return question


def is_read_along(subject: str, recipient: str) -> bool:
    """Whether any app says so. One that cannot be asked raises: then nothing leaves yet."""
    return any(question(subject, recipient) for question in _questions)
