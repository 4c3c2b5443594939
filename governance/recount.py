"""Recounts a public question of Huhang without any network: `python recount.py LIST.csv [RESULT.json] [RECEIPT …]`.

It needs Python and nothing else. LIST.csv is the list of all votes, RESULT.json what Huhang says of it; both can be saved
from the question's page. Each RECEIPT is looked for in the list. It ends with 1 where anything is not as it is said to be.
"""

import csv
import hashlib
import io
import json
import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

RECEIPT = re.compile(r"[A-Z2-7]{5}(-[A-Z2-7]{5}){3}")


class NotSo(Exception):
    """Something is not as it is said to be; the text says what."""


def read_list(content: bytes) -> dict[str, str]:
    """What each receipt chose. Raises `NotSo` for what is no list, and for a receipt that stands there twice."""
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise NotSo(f"this is no list: {error}") from None
    if not rows or rows[0] != ["receipt", "choice"]:
        raise NotSo("the first line is not 'receipt,choice'")
    found: dict[str, str] = {}
    for number, row in enumerate(rows[1:], 2):
        if len(row) != 2 or not RECEIPT.fullmatch(row[0]) or not row[1]:
            raise NotSo(f"line {number} is not a receipt and a choice")
        if row[0] in found:
            raise NotSo(f"receipt {row[0]} stands there twice")
        found[row[0]] = row[1]
    return found


def compare(content: bytes, votes: dict[str, str], said: dict[str, Any]) -> None:
    """The list is the one that was counted, and adds up to what is said. Raises `NotSo`."""
    digest = hashlib.sha256(content).hexdigest()
    if said.get("list_sha256") != digest:
        raise NotSo(f"the list that was counted had SHA-256 {said.get('list_sha256')}, this one has {digest}")
    counted = Counter(votes.values())
    choices = said.get("choices")
    if not isinstance(choices, dict):
        raise NotSo("the result names no choices")
    for choice in {*counted, *choices}:
        told = choices[choice].get("votes") if choice in choices else None
        if told != counted[choice]:
            raise NotSo(f"{choice}: the list has {counted[choice]}, the result says {told}")
    for name in ("ballots", "voters"):
        if said.get(name) != len(votes):
            raise NotSo(f"the list has {len(votes)} votes, the result says {said.get(name)} {name}")


def main(arguments: Sequence[str]) -> int:
    """Say what was counted; 0 where all is as it is said to be."""
    files = [each for each in arguments if not RECEIPT.fullmatch(each.upper())]
    receipts = [each.upper() for each in arguments if RECEIPT.fullmatch(each.upper())]
    if not 1 <= len(files) <= 2:
        print(__doc__)
        return 2
    try:
        content = Path(files[0]).read_bytes()
        votes = read_list(content)
        for choice, number in sorted(Counter(votes.values()).items(), key=lambda each: (-each[1], each[0])):
            print(f"{number:>10}  {choice}")
        print(f"{len(votes):>10}  votes; SHA-256 of the list {hashlib.sha256(content).hexdigest()}")
        if len(files) == 2:
            compare(content, votes, json.loads(Path(files[1]).read_text(encoding="utf-8")))
            print("The result is what the list adds up to.")
        for receipt in receipts:
            if receipt not in votes:
                raise NotSo(f"receipt {receipt} is not in the list")
            print(f"Receipt {receipt}: {votes[receipt]}")
    except (NotSo, OSError, ValueError) as error:
        print(f"NOT SO: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
