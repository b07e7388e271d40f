"""Training states come back exactly, and nothing else is taken for one."""

from __future__ import annotations

import flax.struct
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors.numpy import load, save

from tabrl.domain.errors import Invalid
from tabrl.sim.learning.checkpoint import dump_tree, load_tree
from tests.support.engine import fresh_state


@flax.struct.dataclass
class Tree:
    matrix: jax.Array
    count: jax.Array
    rate: jax.Array


def tree() -> Tree:
    strided = jnp.asarray(np.arange(12.0, dtype=np.float32).reshape(3, 4).T)
    return Tree(strided, jnp.int32(7), jnp.float32(0.1))  # type: ignore[call-arg]


def test_a_training_state_comes_back_exactly() -> None:
    state = fresh_state(3)
    restored = load_tree(dump_tree(state), fresh_state(4))
    assert jax.tree.structure(restored) == jax.tree.structure(state)
    for ours, theirs in zip(jax.tree.leaves(restored), jax.tree.leaves(state), strict=True):
        assert ours.dtype == theirs.dtype
        assert ours.shape == theirs.shape
        np.testing.assert_array_equal(ours, theirs)


def test_scalars_and_transposed_arrays_come_back_exactly() -> None:
    empty = jax.tree.map(jnp.zeros_like, tree())
    restored = load_tree(dump_tree(tree(), {"samples": "5"}), empty)
    assert int(restored.count) == 7
    assert restored.rate.shape == ()
    np.testing.assert_array_equal(restored.matrix, tree().matrix)


def _rewritten(**changes: np.ndarray | None) -> bytes:
    arrays = load(dump_tree(tree()))
    for name, value in changes.items():
        if value is None:
            arrays.pop(f".{name}")
        else:
            arrays[f".{name}"] = value
    return save(arrays)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense that is long enough to be read",
        dump_tree(tree())[:-4],
        _rewritten(count=None),
        _rewritten(count=np.zeros((), np.int16)),
        _rewritten(matrix=np.zeros((3, 4), np.float32)),
        _rewritten(more=np.zeros(3, np.float32)),
    ],
    ids=["empty", "no file", "truncated", "too little", "wrong type", "wrong shape", "too much"],
)
def test_a_state_that_does_not_fit_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        load_tree(data, tree())
    assert caught.value.code == "bad_checkpoint"


def test_what_is_altered_above_is_good_as_it_was() -> None:
    assert int(load_tree(_rewritten(), tree()).count) == 7
