"""The table of skeletons is complete and sound."""

from mnist_bp.data.glyphs import GLYPHS, Glyph, read


def test_a_path_is_split_into_strokes_of_points_in_units_of_the_height() -> None:
    assert Glyph(1, "plus", "0,50 100,50 | 50,0 50,100").strokes() == [[(0, 0.5), (1, 0.5)], [(0.5, 0), (0.5, 1)]]


def test_each_line_of_a_table_is_a_style_unless_it_is_empty_or_a_comment() -> None:
    table = "# all there is\n\n7 0.5 bar, serif: 0,0 50,0 | 9,9 8,8\n1 2   stem: 0,0 0,9\n7 3   plain: 1,2 3,4\n"
    assert read(table) == {
        7: (Glyph(0.5, "bar, serif", "0,0 50,0 | 9,9 8,8"), Glyph(3, "plain", "1,2 3,4")),
        1: (Glyph(2, "stem", "0,0 0,9"),),
    }


def test_the_table_has_every_digit_in_differently_named_styles_of_sound_strokes() -> None:
    assert list(GLYPHS) == list(range(10))
    for glyphs in GLYPHS.values():
        assert len({glyph.name for glyph in glyphs}) == len(glyphs)
        for glyph in glyphs:
            assert glyph.weight > 0
            for stroke in glyph.strokes():
                assert len(set(stroke)) >= 2
                assert all(-0.2 <= x <= 1.2 and -0.1 <= y <= 1.1 for x, y in stroke)
