"""The workspace's searches at 1 000 000 complaints (C4): p95 in milliseconds, whole requests.

Ours: by a part of a plate, and by Chinese words that one complaint of ten thousand says; the figure is the slower. Peer:
the stock Django admin's search over the same rows (`benchmarks/workspace.py`). Limit: the bare SQL plus the same page
without a row.
"""

import json
import sys
from pathlib import Path
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.workspace import ROWS, browser, got, p95, platform, sql, stock, stock_templates

PLATE = "A079"
FIELDS = "code, category, level, state, due_at, filed_at, plates, owner_id"


def main() -> None:
    with platform():
        stock()
        from complaints import words

        agent, said = browser("agent"), "孔雀羽毛"
        empty = p95(got(agent, "/admin/workspace/?state=all&text=" + quote("没有人说过的词语xyzq")))
        found = {}
        for name, text, query, value in (
            (
                "plate",
                PLATE,
                f"SELECT {FIELDS} FROM complaints_complaint WHERE plates LIKE %s ORDER BY id DESC LIMIT 26",
                f"%{PLATE}%",
            ),
            (
                "words",
                said,
                f"SELECT {FIELDS} FROM complaints_complaint WHERE search @@ %s::tsquery ORDER BY id DESC LIMIT 26",
                words.query(said),
            ),
        ):
            page = got(agent, f"/admin/workspace/?state=all&text={quote(text)}")
            if page().content.decode().count("data-row=") < 2:
                raise SystemExit(f"{name}: nothing found")
            ours = p95(page)
            with stock_templates():
                peer = p95(got(agent, f"/stock/complaints/row/?q={quote(text)}"), 5)
            found[name] = (ours, peer, p95(sql(query, value)) + empty)
            print(f"{name}: ours {ours:.1f}, peer {peer:.1f}, limit {found[name][2]:.1f} ms", file=sys.stderr)
        common = p95(got(agent, f"/admin/workspace/?state=all&text={quote('司机')}"))
        print(f"a word that half of them say: {common:.1f} ms", file=sys.stderr)
        ours, peer, limit = max(found.values())
        print(
            json.dumps(
                {
                    "name": f"workspace: search at {ROWS} complaints",
                    "ours": round(ours, 1),
                    "peer": round(peer, 1),
                    "limit": round(limit, 1),
                    "unit": "ms p95",
                    "ratio_to_peer": round(peer / ours, 1),
                    "ratio_to_limit": round(ours / limit, 2),
                }
            )
        )


if __name__ == "__main__":
    main()
