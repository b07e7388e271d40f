"""From source to artifact to numbers."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import struct
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export

from tabrl.control.rollout import Rollout
from tabrl.domain.errors import Invalid
from tabrl.embodiments.load import embodiment_of
from tabrl.embodiments.lookup import state_methods_of
from tabrl.rewards.errors import RewardError
from tabrl.rewards.vocabulary import HELPERS, JNP_FUNCTIONS
from tabrl.robots import get_robot
from tabrl.sim.reward.function import (
    ExportedReward,
    RewardFunction,
    export_reward,
    load_reward,
    pack_artifact,
    unpack_artifact,
)
from tabrl.sim.reward.namespace import namespace
from tests.support.motion import Motion, rollout_of

GO1 = get_robot("go1")
METHODS = state_methods_of(GO1)
QUICK = {"xla_backend_optimization_level": 0}


@pytest.fixture(scope="module")
def rollout() -> Rollout:
    motion = Motion(vx=0.5, yaw=0.3, pitch=0.2, roll=-0.1, rhythms={"height": (0.02, 1.0)})
    fields = dict(rollout_of(motion, GO1, seconds=2.0).fields)
    rng = np.random.default_rng(0)
    for name in ("joint_position", "joint_velocity", "joint_torque", "action", "foot_position"):
        fields[name] = rng.normal(size=fields[name].shape).astype(np.float32)
    return Rollout(fields)


def load(source: str) -> tuple[ExportedReward, RewardFunction]:
    exported = export_reward(source, GO1)
    return exported, load_reward(exported.blob, QUICK)


def terms_of(expressions: dict[str, str], rollout: Rollout) -> dict[str, np.ndarray]:
    lines = "".join(f'        "{name}": {text},\n' for name, text in expressions.items())
    weights = dict.fromkeys(expressions, 1.0)
    source = f"WEIGHTS = {weights}\ndef reward(state, action):\n    return {{\n{lines}    }}\n"
    _, reward = load(source)
    values = np.asarray(reward(rollout.flat()))
    return {name: values[:, column] for column, name in enumerate(reward.terms)}


def test_terms_are_what_they_say(rollout: Rollout) -> None:
    flat = rollout.flat()
    found = terms_of(
        {
            "speed": "rl.gaussian(state.base_linear_velocity()[0] - 1.0, 0.5)",
            "world": "state.base_linear_velocity_world()[1]",
            "sum": "jnp.sum(jnp.square(action - state.previous_action()))",
            "roll": "state.roll()",
            "pitch": "state.pitch()",
            "yaw": "state.base_euler()[2]",
            "up": "state.uprightness()",
            "heading": "state.heading()",
            "far": "rl.norm(state.base_displacement()[:2])",
            "power": "jnp.sum(jnp.abs(state.power()))",
            "hip": "state.joint_position('FL_hip') - state.get_joint_angle('FL_hip')",
            "pose": "jnp.sum(jnp.abs(state.joint_position() - state.default_pose()))",
            "limit": "state.joint_limits('FR_calf')[0]",
            "sole": "state.foot_height('RR')",
            "phase": "state.phase(0.5, 0.25)",
            "flag": "state.roll() > 0.0",
            "whole": "3",
        },
        rollout,
    )
    velocity = flat["base_linear_velocity"]
    np.testing.assert_allclose(
        found["speed"], np.exp(-(((velocity[:, 0] - 1.0) / 0.5) ** 2)), rtol=1e-5
    )
    np.testing.assert_allclose(found["roll"][-20:], -0.1, atol=0.03)
    np.testing.assert_allclose(found["pitch"][-20:], 0.2, atol=0.01)
    heading = found["yaw"]
    np.testing.assert_allclose(found["world"][-20:], 0.5 * np.sin(heading[-20:]), atol=0.02)
    np.testing.assert_array_equal(found["heading"], flat["heading"])
    np.testing.assert_allclose(found["heading"], heading, atol=1e-5)
    np.testing.assert_allclose(found["up"], np.cos(found["roll"]) * np.cos(found["pitch"]), 1e-4)
    np.testing.assert_allclose(
        found["far"],
        np.linalg.norm((flat["base_position"] - flat["initial_position"])[:, :2], axis=1),
        atol=1e-4,
    )
    np.testing.assert_allclose(
        found["power"], np.abs(flat["joint_torque"] * flat["joint_velocity"]).sum(1), rtol=1e-4
    )
    np.testing.assert_allclose(
        found["pose"], np.abs(flat["joint_position"] - np.array(GO1.home)).sum(1), rtol=1e-4
    )
    np.testing.assert_allclose(found["hip"], 0.0, atol=1e-7)
    np.testing.assert_allclose(found["limit"], GO1.joint_range[2][0], rtol=1e-6)
    np.testing.assert_allclose(
        found["sole"], flat["foot_position"][:, 2, 2] - GO1.end_effector_radius, rtol=1e-5
    )
    np.testing.assert_allclose(found["phase"], 2 * np.pi * (0.5 * flat["time"] + 0.25), rtol=1e-5)
    np.testing.assert_array_equal(found["flag"], (found["roll"] > 0).astype(np.float32))
    np.testing.assert_array_equal(found["whole"], 3.0)


def test_terms_are_sorted_and_weights_follow() -> None:
    exported, reward = load(
        'WEIGHTS = {"b": 2, "a": 1}\n'
        "def reward(state, action):\n"
        '    return {"b": state.roll(), "a": 1.0}\n'
    )
    assert exported.terms == reward.terms == ("a", "b")
    np.testing.assert_array_equal(reward.vector({"b": 5.0, "a": 4.0}), [4.0, 5.0])
    with pytest.raises(Invalid) as error:
        reward.vector({"a": 1.0})
    assert error.value.code == "weights_mismatch"


def test_one_artifact_serves_any_number_of_steps(rollout: Rollout) -> None:
    _, reward = load("def reward(state, action):\n    return state.base_height()\n")
    flat = rollout.flat()
    for count in (1, 7, 100):
        part = {name: field[:count] for name, field in flat.items()}
        np.testing.assert_allclose(
            np.asarray(reward(part))[:, 0], flat["base_position"][:count, 2], rtol=1e-6
        )


def test_the_whole_contract_can_be_called(rollout: Rollout) -> None:
    """Every state method, helper and jnp function exists and traces."""
    arguments = {
        "phase": "1.0",
        "get_joint_angle": "'FL_hip'",
    }
    names = {"joint_names", "foot_names", "body_names"}
    lines = [
        f"len(state.{name}())" if name in names else f"state.{name}({arguments.get(name, '')})"
        for name in METHODS
    ]
    total = " + ".join(f"jnp.sum({line})" for line in lines)
    _, reward = load(f"def reward(state, action):\n    return {total}\n")
    assert np.asarray(reward(rollout.flat())).shape == (len(rollout.flat()["time"]), 1)
    built = namespace()
    for name in JNP_FUNCTIONS:
        assert callable(getattr(built["jnp"], name))
    for name in HELPERS:
        assert callable(getattr(built["rl"], name))
    public = {name for name in dir(embodiment_of(GO1).reward_state) if not name.startswith("_")}
    assert public == set(METHODS)


def test_the_whole_contract_is_documented() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs/rewards.md").read_text()
    for name in METHODS:
        assert f"`{name}(" in text, name
    for name in HELPERS:
        assert f"`rl.{name}(" in text, name


def test_named_parts_of_vectors(rollout: Rollout) -> None:
    flat = rollout.flat()
    found = terms_of(
        {
            "foot": "jnp.sum(state.foot_position('FL'))",
            "vx": "state.command('vx')",
            "body": "state.body_position('trunk')[0]",
        },
        rollout,
    )
    np.testing.assert_allclose(found["foot"], flat["foot_position"][:, 1].sum(1), rtol=1e-4)
    np.testing.assert_allclose(found["vx"], flat["command"][:, 0])
    np.testing.assert_allclose(found["body"], flat["body_position"][:, 0, 0])


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("    if state.roll() > 0:\n        return 1.0\n    return 0.0\n", 2, "Python's if"),
        ("    x = 1.0\n    return float(state.roll())\n", 3, "stay with jnp"),
        ("    return state.joint_position('FL_hp')\n", 2, "did you mean 'FL_hip'?"),
        ("    return state.foot_height('FX')\n", 2, "there is no foot 'FX'"),
        ("    return state.body_contact('trunc')\n", 2, "did you mean 'trunk'?"),
        ("    return state.gravity() + state.action()\n", 2, "TypeError"),
        ("    x = state.gravity\n    return x + 1\n", 3, "TypeError"),
        ("    return state.phase()\n", 2, "TypeError"),
        ("    for i in range(129):\n        pass\n    return 1\n", 2, "at most 128"),
    ],
)
def test_mistakes_that_show_when_traced_name_their_line(body: str, line: int, words: str) -> None:
    with pytest.raises(RewardError) as error:
        export_reward(f"def reward(state, action):\n{body}", GO1)
    assert error.value.line == line
    assert words in error.value.message + error.value.hint


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("def reward(state, action):\n    return state.gravity()\n", "reward_shape"),
        ("def reward(state, action):\n    return {}\n", "reward_shape"),
        ("def reward(state, action):\n    return {'a b': 1.0}\n", "reward_shape"),
        ("def reward(state, action):\n    x = 1\n", "reward_shape"),
        (
            "def reward(state, action):\n    return {f't{n}': 1.0 for n in range(33)}\n",
            "reward_shape",
        ),
        ("WEIGHTS = {'a': 1}\ndef reward(state, action):\n    return {'b': 1}\n", "reward_weights"),
        (
            "def reward(state, action):\n    return {f't{n}': 1.0 for n in range(3)}\n",
            "reward_weights",
        ),
        (
            "def reward(state, action):\n    return state.time(), state.roll()\n",
            "reward_shape",
        ),
        (
            "WEIGHTS = {'a': 1, 'b': 2}\ndef reward(state, action):\n    return {'a': 1}\n",
            "reward_weights",
        ),
        (
            "def reward(state, action):\n    return jnp.sum(jnp.zeros((9999, 9999)))\n",
            "reward_too_large",
        ),
        (
            "def reward(state, action):\n    x = state.roll()\n"
            "    for i in range(100):\n        for j in range(100):\n            x = x + 1.0\n"
            "    return x\n",
            "reward_too_large",
        ),
    ],
)
def test_rewards_of_the_wrong_shape_are_refused(source: str, code: str) -> None:
    with pytest.raises(RewardError) as error:
        export_reward(source, GO1)
    assert error.value.code == code


def test_a_blob_that_is_no_artifact_is_refused() -> None:
    exported = export_reward("def reward(state, action):\n    return 1.0\n", GO1)
    header, payload = unpack_artifact(exported.blob)
    stale = pack_artifact(header.model_copy(update={"schema_sha256": "0" * 64}), payload)
    for blob, code in (
        (b"", "bad_artifact"),
        (b"junk" * 100, "bad_artifact"),
        (exported.blob[:-2000], "bad_artifact"),
        (pack_artifact(header, b"junk" * 50), "bad_artifact"),
        (stale, "stale_artifact"),
    ):
        with pytest.raises(Invalid) as error:
            load_reward(blob)
        assert error.value.code == code


def test_every_field_of_the_tape_is_an_argument() -> None:
    exported, reward = load("def reward(state, action):\n    return 1.0\n")
    assert len(exported.sha256) == 64
    flat = {
        name: np.zeros((3, *shape), np.float32) for name, shape in embodiment_of(GO1).schema.items()
    }
    reward(flat | {"something_else": np.zeros(3, np.float32)})
    with pytest.raises(KeyError):
        reward({name: value for name, value in flat.items() if name != "gravity"})
    assert dataclasses.is_dataclass(exported)


def test_an_artifact_of_before_the_heading_still_works(rollout: Rollout) -> None:
    schema = embodiment_of(GO1).schema
    before = {name: shape for name, shape in schema.items() if name != "heading"}
    (n,) = export.symbolic_shape("n")
    fields = {
        name: jax.ShapeDtypeStruct((n, *shape), jnp.float32) for name, shape in before.items()
    }
    jitted = jax.jit(lambda fields: fields["time"][:, None], keep_unused=True)
    payload = bytes(export.export(jitted, platforms=("cpu", "cuda"))(fields).serialize())
    digest = hashlib.sha256(json.dumps(before, sort_keys=True).encode()).hexdigest()
    header = json.dumps(
        {
            "robot": "go1",
            "terms": ["late"],
            "schema_sha256": digest,
            "jax": jax.__version__,
            "contract": 1,
        }
    ).encode()
    blob = b"TABRLRW1" + struct.pack("<I", len(header)) + header + payload
    reward = load_reward(blob, QUICK)
    assert not reward.clips_total
    flat = rollout.flat()
    np.testing.assert_array_equal(np.asarray(reward(flat))[:, 0], flat["time"])
    del flat["heading"]
    reward(flat)
    reward.compile(4)


def test_the_functions_that_are_ours_mean_what_jax_means(rollout: Rollout) -> None:
    flat = rollout.flat()
    found = terms_of(
        {
            "between": "jnp.interp(state.time(), jnp.array([0.2, 0.7, 1.5]), "
            "jnp.array([3.0, -1.0, 2.0]))",
            "one": "jnp.interp(state.time(), jnp.array([0.2]), jnp.array([3.0]))",
            "step": "jnp.interp(state.time(), jnp.array([0.2, 1.0, 1.0, 1.5]), "
            "jnp.array([0.0, 1.0, 5.0, 6.0]), left=-9.0, right=9.0)",
            "sum": "jnp.sum(jnp.einsum('ij,j->i', state.foot_position(), state.gravity()))",
            "soft": "jax.nn.sigmoid(state.roll())",
            "sorted": "jnp.sort(state.joint_position())[0]",
        },
        rollout,
    )
    time = flat["time"]
    expected = {
        "between": np.interp(time, [0.2, 0.7, 1.5], [3.0, -1.0, 2.0]),
        "one": np.full(len(time), 3.0),
        "step": np.interp(time, [0.2, 1.0, 1.0, 1.5], [0.0, 1.0, 5.0, 6.0], left=-9.0, right=9.0),
        "sum": np.einsum("nij,nj->n", flat["foot_position"], flat["gravity"]),
        "sorted": flat["joint_position"].min(1),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-4, atol=1e-5, err_msg=name)


@pytest.mark.parametrize(
    "call",
    [
        "jnp.einsum('i,j,k,l->', action, action, action, action)",
        "jnp.einsum('i,j,k->ijk', jnp.zeros(60), jnp.zeros(60), jnp.zeros(60))",
        "jnp.einsum('...i->i', action)",
        "jnp.einsum('ij->i', action)",
        "jnp.einsum('ii->i', jnp.eye(3))",
        "jnp.einsum('i,j->', action)",
        "jnp.einsum(action, [0])",
        "jnp.einsum('i->' + 'i' * 99, action)",
        "jnp.einsum('i,i->', action, action, precision='highest')",
        "jnp.interp(state.time(), action, action[1:])",
        "jnp.interp(state.time(), 1.0, 2.0)",
        "jnp.interp(state.time(), action, action, period=1.0)",
    ],
)
def test_the_functions_that_are_ours_have_bounds(call: str) -> None:
    with pytest.raises(RewardError) as error:
        export_reward(f"def reward(state, action):\n    return jnp.sum({call})\n", GO1)
    assert error.value.line == 2
