"""The verifier lets every allowed function through, unchanged in what it computes."""

from __future__ import annotations

import numpy as np
import pytest
from jax import export

from tabrl.embodiments.load import embodiment_of
from tabrl.rewards.errors import RewardError
from tabrl.rewards.vocabulary import JNP_FUNCTIONS
from tabrl.robots import get_robot
from tabrl.sim.reward.function import export_reward, load_reward, unpack_artifact
from tabrl.sim.reward.verifier import verify
from tests.unit.rewards.calls import CALLS, in_parts, reward_of

GO1 = get_robot("go1")
QUICK = {"xla_backend_optimization_level": 0}
SOURCE = 'WEIGHTS = {"up": 2.0}\ndef reward(state, action):\n    return {"up": state.roll()}\n'


def fields(count: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        name: rng.uniform(0.1, 0.9, size=(count, *shape)).astype(np.float32)
        for name, shape in embodiment_of(GO1).schema.items()
    }


def test_every_function_has_a_call() -> None:
    assert set(CALLS) >= JNP_FUNCTIONS


@pytest.mark.parametrize("part", range(len(in_parts())))
def test_every_allowed_call_passes_and_means_the_same(part: int) -> None:
    source = reward_of(in_parts()[part])
    exported = export_reward(source, GO1)
    verified = verify(exported.blob, source, GO1)
    assert verified.terms == exported.terms
    assert verified.weights == exported.weights
    assert verify(verified.blob, source, GO1).blob == verified.blob
    rollout = fields(3)
    np.testing.assert_allclose(
        np.asarray(load_reward(verified.blob, QUICK)(rollout)),
        np.asarray(load_reward(exported.blob, QUICK)(rollout)),
        rtol=1e-5,
        atol=1e-6,
    )


def test_the_canonical_artifact_has_no_custom_call_and_no_names() -> None:
    exported = export_reward(SOURCE, GO1)
    assert b"shape_assertion" in exported.blob
    _, payload = unpack_artifact(verify(exported.blob, SOURCE, GO1).blob)
    text = export.deserialize(bytearray(payload)).mlir_module()
    assert "custom_call" not in text
    assert "state" not in text


def test_steps_that_do_not_agree_are_still_refused_without_assertions() -> None:
    exported = export_reward(SOURCE, GO1)
    reward = load_reward(verify(exported.blob, SOURCE, GO1).blob, QUICK)
    with pytest.raises(ValueError, match="n"):
        reward(fields(4) | {"base_quaternion": np.zeros((3, 4), np.float32)})


def test_weights_come_from_the_text() -> None:
    blob = export_reward(SOURCE, GO1).blob
    assert verify(blob, SOURCE.replace("2.0", "7.5"), GO1).weights == {"up": 7.5}
    for other in (
        SOURCE.replace('"up"', '"down"'),
        SOURCE.replace('{"up": 2.0}', '{"up": 2.0, "more": 1.0}'),
        SOURCE.replace("2.0", "float(2)"),
        "def reward(state, action):\n    return {'down': state.roll()}\n",
        "CLIP_TOTAL = True\n" + SOURCE,
        'WEIGHTS = {"up": 1.0}\n' + SOURCE,
    ):
        with pytest.raises(RewardError):
            verify(blob, other, GO1)


def test_a_term_without_a_weight_is_said() -> None:
    source = 'WEIGHTS = {"up": 2.0}\ndef reward(state, action):\n    return state.roll(), TERMS\n'
    source = source.replace("TERMS", '{"up": state.roll(), "still": state.pitch()}')
    exported = export_reward(source, GO1)
    verified = verify(exported.blob, source, GO1)
    for reward in (exported, verified):
        assert reward.terms == ("still", "up")
        assert reward.weights == {"still": 1.0, "up": 2.0}
        assert reward.assumed == ("still",)


def test_whether_the_total_is_clipped_comes_from_the_text() -> None:
    clipped = "CLIP_TOTAL = True\n" + SOURCE
    verified = verify(export_reward(clipped, GO1).blob, clipped, GO1)
    assert load_reward(verified.blob, QUICK).clips_total
    with pytest.raises(RewardError):
        verify(verified.blob, SOURCE, GO1)
