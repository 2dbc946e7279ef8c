"""Vocabularies of a few hundred entries for tokenizers of the real classes."""

from __future__ import annotations

WORDS = (
    "a an and at bench big bird black blue boat book bridge brown building bus car cat chair child clock cloud cup dog "
    "door eating field fire flower food garden glass grass green group hat hill holding horse house in kitchen lake "
    "large light man mountain near night of old on orange park people person picture pizza plane playing poker red "
    "river road room running sea sitting sky small snow standing street sun table the tower train tree two walking "
    "wall water white window with woman wood yellow young"
)


def byte_characters() -> list[str]:
    """The character that a byte-level tokenizer shows each byte as: any text can be written with them."""
    from tokenizers.pre_tokenizers import ByteLevel

    return sorted(ByteLevel.alphabet())


def words() -> list[str]:
    """Words as a byte-level tokenizer has them in the middle of a sentence, for models that only write."""
    return [f"\N{LATIN CAPITAL LETTER G WITH DOT ABOVE}{word}" for word in WORDS.split()]
