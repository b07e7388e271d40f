"""Tests of all members. A package of its own, for some libraries install one of this name."""
