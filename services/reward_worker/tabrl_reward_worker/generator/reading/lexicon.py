"""From a sentence to a list of known words: phrases, inflections, typing errors, similes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from tabrl_reward_worker.generator.reading import spelling
from tabrl_reward_worker.generator.reading.data import table_of
from tabrl_reward_worker.generator.reading.entries import Entries, Entry, Phrase
from tabrl_reward_worker.generator.reading.patterns import kinds_of
from tabrl_reward_worker.generator.reading.slots import INTENT_KINDS, SlotKind, Word

__all__ = ["Lexicon", "Word", "lexicon", "lexicon_of"]

_FILES = ("lexicon.toml", "similes.toml", "measures.toml")
_BREAKS = frozenset(",;:.!?&+")
_ADJECTIVES = 3  # at most so many words stand between "like" and what it is like


class Lexicon(Entries):
    """Words and what they mean."""

    def read(self, sentence: str) -> list[Word]:
        """The sentence's words in order; what is not known has the kind `WORD`."""
        text = spelling.plain(sentence)
        pieces = [part for piece in spelling.pieces_of(text) for part in self._parted(piece)]
        spellings = [self._spellings(piece.text) for piece in pieces]
        return _Sentence(self, text, pieces, spellings).words(0, len(pieces))

    def _spellings(self, piece: str) -> tuple[str, ...]:
        """The piece as the lexicon may spell it, the likeliest first; at least one."""
        known = [form for form in spelling.forms(piece, self.irregular) if form in self.vocabulary]
        if not known and piece[0].isalpha() and not spelling.is_english(piece):
            # "trottting": the error may sit in a form that the lexicon does not spell out.
            meant = (
                spelling.corrected(stem, self.vocabulary) for stem in spelling.forms(piece, {})
            )
            words = next((words for words in meant if words), ())
            known = [form for word in words for form in spelling.forms(word, self.irregular)]
        return tuple(dict.fromkeys(known)) or (piece,)

    def _parted(self, piece: spelling.Piece) -> Iterator[spelling.Piece]:
        """A piece, two where words ran together ("walkforward"), none for a determiner."""
        if piece.text in self.determiners:
            return
        if piece.text not in self.vocabulary and self._spellings(piece.text) == (piece.text,):
            for cut in range(3, len(piece.text) - 2):
                if {piece.text[:cut], piece.text[cut:]} <= self.vocabulary:
                    yield spelling.Piece(piece.text[:cut], piece.start, piece.start + cut)
                    yield spelling.Piece(piece.text[cut:], piece.start + cut, piece.end)
                    return
        yield piece


@dataclass(frozen=True)
class _Sentence:
    """A sentence while its words are looked up."""

    lexicon: Lexicon
    text: str
    pieces: Sequence[spelling.Piece]
    spellings: Sequence[tuple[str, ...]]  # of each piece

    def words(self, start: int, end: int) -> list[Word]:
        """The words of the pieces from `start` to `end`."""
        words: list[Word] = []
        while start < end:
            found, start = self._next(start, end, words)
            words += found
        return words

    def _next(self, start: int, end: int, before: Sequence[Word]) -> tuple[list[Word], int]:
        """The words of the longest phrase from `start`, and where the next one starts."""
        behind = ["INTENT" if w.kind in INTENT_KINDS else w.kind.name for w in before[-1:]]
        matches = (self._longest(start, end, context) for context in (*behind, ""))
        phrase, entry = max(filter(None, matches), key=lambda m: len(m[0]), default=((), None))
        if entry is None:
            return self._unmatched(start), start + 1
        after = start + len(phrase)
        written = self._written(start, after)
        match entry.kind:
            case SlotKind.FILLER:
                return [], after
            case SlotKind.LIKE:
                return self._simile(start, after, end)
            case SlotKind.SIMILE:
                meant = self._meant(written, entry)
                said = [word.kind for word in before if word.kind not in kinds_of("BY/TO/FROM")]
                return meant[:1] if said[-1:] == [SlotKind.NEGATION] else meant, after
        read_as = "" if self._is_spelled(start, phrase) else " ".join(phrase)
        return [Word(entry.kind, written, entry.meaning, 0, read_as, written)], after

    def _longest(
        self, start: int, end: int, behind: str, begun: Phrase = ()
    ) -> tuple[Phrase, Entry] | None:
        """The longest phrase from `start`; of equally long ones the nearest to what was written.

        Only phrases that begin with `begun`, which is not in the sentence.
        """
        phrases = self.lexicon.phrases.get(behind, {})
        best: tuple[Phrase, Entry] | None = None
        open_ends = [begun]
        for spellings in self.spellings[start:end]:
            longer = ((*phrase, form) for phrase in open_ends for form in spellings)
            open_ends = [phrase for phrase in longer if phrase in phrases]
            best = next(((phrase, e) for phrase in open_ends if (e := phrases[phrase])), best)
        return best

    def _simile(self, start: int, after: int, end: int) -> tuple[list[Word], int]:
        """ "like an angry cat": a being with words before it that are read for themselves."""
        written = self._written(start, after)
        for being in range(after + 1, after + 1 + _ADJECTIVES):
            match = self._longest(being, end, "", ("like",))
            if match is not None and match[1].kind == SlotKind.SIMILE:
                beyond = being + len(match[0]) - 1
                name = " ".join(piece.text for piece in self.pieces[being:beyond])
                meant = self._meant(f"{written} {name}", match[1])
                return [*self.words(after, being), *meant], beyond
        return [Word(SlotKind.LIKE, written, {"likens": True})], after

    def _meant(self, written: str, simile: Entry) -> list[Word]:
        """The words of the sentence that a simile stands for."""
        means = str(simile.meaning["means"])
        first, *others = self.lexicon.read(means)
        return [replace(first, read_as=means, written=written), *others]

    def _unmatched(self, at: int) -> list[Word]:
        """The word of a piece that begins no phrase."""
        piece = self.pieces[at].text
        if piece in _BREAKS:
            return [Word(SlotKind.SEP, piece)]
        if piece[0] in "0123456789.":
            above, part, below = piece.replace(",", ".").partition("/")
            value = float(above) / float(below or 1.0)
            return [Word(SlotKind.NUMBER, piece, {"value": value, "add": bool(part)})]
        filler = piece == "%" or {piece, self.spellings[at][0]} & self.lexicon.fillers
        return [] if filler else [Word(SlotKind.WORD, piece)]

    def _is_spelled(self, start: int, phrase: Phrase) -> bool:
        """Whether a phrase is written as the lexicon has it, or in another form of its words."""
        written = zip(phrase, self.pieces[start:], strict=False)
        return all(
            known in spelling.forms(piece.text, self.lexicon.irregular) for known, piece in written
        )

    def _written(self, start: int, after: int) -> str:
        return self.text[self.pieces[start].start : self.pieces[after - 1].end]


def lexicon_of(*files: Mapping[str, Any]) -> Lexicon:
    """The shipped lexicon with the lines of further files, which come first."""
    return Lexicon.of(*files, *map(table_of, _FILES))


@cache
def lexicon() -> Lexicon:
    """The shipped lexicon, read once."""
    return lexicon_of()
