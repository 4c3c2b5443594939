"""Whether the disk under the database is encrypted, as the kernel of this host says.

Names, numbers, pictures and sound are encrypted by the platform itself. Sums of the ledger are not: the database adds them
up and refuses what does not come to zero. Those lie encrypted where their disk does.
"""

import os
from pathlib import Path

SYS = Path("/sys/dev/block")
# As cryptsetup names what it opens; CRYPT-VERITY and CRYPT-INTEGRITY only notice changes.
ENCRYPTED = ("CRYPT-LUKS1-", "CRYPT-LUKS2-", "CRYPT-PLAIN-")


def is_encrypted(folder: str, *, devices: Path = SYS) -> bool:
    """Whether a folder lies on dm-crypt (LUKS), at any depth below it, such as under LVM. Raises `OSError` where there is
    no such folder."""
    number = Path(folder).stat().st_dev
    return _is_crypt(devices / f"{os.major(number)}:{os.minor(number)}")


def _is_crypt(device: Path) -> bool:
    uuid = device / "dm" / "uuid"
    if uuid.is_file() and uuid.read_text().startswith(ENCRYPTED):
        return True
    below = device / "slaves"
    # Of several disks under one volume each has to be.
    found = [_is_crypt(each) for each in below.iterdir()] if below.is_dir() else []
    return bool(found) and all(found)
