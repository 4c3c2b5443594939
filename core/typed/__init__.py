"""What people type, in the one form of its kind: a module a kind, and every door reads through it.

Each has `read(text)`: the kind's one form of what was written, however it was written, or a `DomainError` whose sentence
says what is expected; where a person compares it, `shown(value)` gives it back in groups. What somebody only saw or
remembers, and what must never be refused, has readings beside it that raise nothing. `fields` has the fields of forms
and calls; `text` is below all of them.

Callers say `typed.plate.key(…)`: a module's name is a good name of what it reads, so nothing is imported out of it.
"""

from core.errors import InvalidInput as InvalidInput
from core.typed import code as code
from core.typed import day as day
from core.typed import document as document
from core.typed import money as money
from core.typed import name as name
from core.typed import number as number
from core.typed import phone as phone
from core.typed import place as place
from core.typed import plate as plate
from core.typed import text as text
from core.typed import vin as vin
