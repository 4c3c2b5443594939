"""The lint of long lines."""

from core.management.commands.check_lines import too_long


def test_long_lines_are_found_and_one_sentence_may_be_long(tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "static/js").mkdir(parents=True)
    sentence = f'{{% translate "{"x" * 200}" context "y" %}}'
    text = f"  {sentence}\n{'y' * 160}\n{'z' * 161}\n<p>{sentence}</p>\n"
    (tmp_path / "templates/page.html").write_text(text)
    (tmp_path / "static/js/page.js").write_text(f"{'a' * 120}\n{'b' * 121}\n")
    assert list(too_long(tmp_path)) == [
        "templates/page.html:3: 161 characters, at most 160",
        "templates/page.html:4: 237 characters, at most 160",
        "static/js/page.js:2: 121 characters, at most 120",
    ]
