import pytest

from voice.conversation.clauses import ClauseSplitter, split


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Sure. Which car is it?", ["Sure.", "Which car is it?"]),
        ("Sure, I can help.", ["Sure, I can help."]),
        (
            "I have Tuesday, November 24th at ten, or at noon. Which one?",
            ["I have Tuesday, November 24th at ten,", "or at noon.", "Which one?"],
        ),
        ("Fine. On Tuesday, the 24th, at ten, or at noon.", ["Fine.", "On Tuesday, the 24th, at ten, or at noon."]),
        ("It runs from $79.95 to $129.50. Shall I book it?", ["It runs from $79.95 to $129.50.", "Shall I book it?"]),
        ("Dr. Lee lives on Main St. in town.", ["Dr. Lee lives on Main St. in town."]),
        ("Come at 9 a.m. or later.", ["Come at 9 a.m. or later."]),
        ("Come at 9 a.m. Does that work?", ["Come at 9 a.m.", "Does that work?"]),
        ("Come at 10:30 a.m. Tuesday. Or at noon.", ["Come at 10:30 a.m. Tuesday.", "Or at noon."]),
        ("Come at 10:30 a.m. Eastern.", ["Come at 10:30 a.m. Eastern."]),
        ("At 9 a.m. I'm free.", ["At 9 a.m.", "I'm free."]),
        ("You are booked with us for December 1, 2026 at ten.", ["You are booked with us for December 1, 2026 at ten."]),
        ("We could take it somewhere from 10 - 11 AM then.", ["We could take it somewhere from 10 - 11 AM then."]),
        ("An oil change with us usually costs $49 – $89 with tax.", ["An oil change with us usually costs $49 – $89 with tax."]),
        ("The whole of it for your car comes to: $49.95 with tax.", ["The whole of it for your car comes to:", "$49.95 with tax."]),
        ("It is due on Tue. Dec. 1. Is that fine?", ["It is due on Tue. Dec. 1.", "Is that fine?"]),
        ("Dr. Smith drove 5,000 mi. with U.S. Tires.", ["Dr. Smith drove 5,000 mi. with U.S. Tires."]),
        ("**All done.** Which car is it?", ["**All done.**", "Which car is it?"]),
        ("What?! Really…  Yes!", ["What?!", "Really…", "Yes!"]),
        ('He said "no." Then he left.', ['He said "no."', "Then he left."]),
        ("One line\nand another", ["One line", "and another"]),
        ("1. Tuesday at ten.", ["1. Tuesday at ten."]),
        ("We close at 6. Come early.", ["We close at 6.", "Come early."]),
        ("no stop at all", ["no stop at all"]),
        ("", []),
        (" \n ", []),
    ],
)  # fmt: skip
def test_text_is_cut_where_a_speaker_breathes(text: str, pieces: list[str]) -> None:
    assert split(text) == pieces


@pytest.mark.parametrize("size", [1, 3, 7])
def test_it_does_not_matter_how_the_text_arrives(size: int) -> None:
    text = "Sure, I can help you with that right away. It's $79.95 at 9 a.m. Does that work? Good!"
    splitter = ClauseSplitter()
    pieces = [piece for at in range(0, len(text), size) for piece in splitter.push(text[at : at + size])]

    assert [*pieces, splitter.rest()] == [
        "Sure, I can help you with that right away.",
        "It's $79.95 at 9 a.m.",
        "Does that work?",
        "Good!",
    ]


def test_a_piece_comes_as_soon_as_it_is_certain() -> None:
    splitter = ClauseSplitter()

    assert splitter.push("Sure.") == []
    assert splitter.push(" W") == ["Sure."]


def test_endless_text_is_cut_between_words() -> None:
    pieces = split("word " * 200)

    assert all(len(piece) <= 240 and piece.endswith("word") for piece in pieces)
    assert " ".join(pieces) == ("word " * 200).strip()


@pytest.mark.parametrize(
    "figure", ["$49.95", "10:30 a.m.", "Dr. Smith", "(212) 555-0143", "December 1, 2026"]
)
@pytest.mark.parametrize("size", [1, 2, 5, 300])
def test_no_figure_is_cut_however_it_arrives_and_wherever_it_stands(figure: str, size: int) -> None:
    for before in range(60):
        text = f"{'we ' * before}have {figure} for you"
        splitter = ClauseSplitter()
        pieces = [piece for at in range(0, len(text), size) for piece in splitter.push(text[at : at + size])]

        assert any(figure in piece for piece in [*pieces, splitter.rest()])


@pytest.mark.parametrize("figure", ["$49.95", "10:30 a.m.", "Dr. Smith", "(212)", "9 AM"])
def test_endless_text_is_cut_beside_a_figure(figure: str) -> None:
    for before in range(60, 90):
        pieces = split(f"{'we ' * before}{figure} and {'so ' * 60}")

        assert any(figure in piece for piece in pieces)


def test_no_word_is_lost_or_added() -> None:
    text = "Well, let me see: there's ten, there's noon, and there's two; which one? Mr. Lee, it's $5.50."

    assert " ".join(split(text)) == text
