"""Going on from an earlier sentence: comparisons, bare quantities, and what replaces what."""
