"""Where a key stands, also in tables over several lines and in names with quotes."""

from kezek.dossier.lines import line_at, lines_of

TEXT = """\
# [not] = "a header"
import = []

[a]   # a comment
b = "x = [ { "   # a bracket in a text opens nothing
c = [
    { d = 1 },
    { e = 2 },
]
"f g" = 3
[[h]]
i = 1
[h.j]
k = 2
[[h]]
i = 3
"""


def at(*path):
    return line_at(path, lines_of(TEXT), TEXT)


def test_a_key_is_found_in_its_own_table():
    assert (at("import"), at("a"), at("a", "b"), at("a", "c"), at("a", "f g")) == (2, 4, 5, 6, 10)


def test_a_key_inside_a_value_over_several_lines_is_found_on_its_own():
    assert at("a", "c", 1, "e") == 8


def test_the_n_th_table_of_a_list_has_its_own_keys():
    assert (at("h", 0, "i"), at("h", 0, "j", "k"), at("h", 1), at("h", 1, "i")) == (12, 14, 15, 16)


def test_what_is_not_written_out_stands_at_its_table():
    assert (at("h", 1, "missing"), at("a", "missing")) == (15, 4)
    assert at("nowhere", "at all") is None
