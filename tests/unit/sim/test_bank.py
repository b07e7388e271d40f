"""The behaviour bank: recorded, kept and shipped."""

from __future__ import annotations

import numpy as np
import pytest

from tabrl.control.program import CommandProgram
from tabrl.control.tape import CONTROL_DT
from tabrl.domain.errors import Invalid
from tabrl.rewards.schema import tape_schema
from tabrl.sim.bank import AVOID, CLIP_S, Bank, dump_bank, load_bank, record_bank
from tabrl.sim.simulator import PolicyFn
from tests.support.engine import GO1


@pytest.fixture(scope="module")
def recorded() -> Bank:
    return record_bank(GO1, _hold_home(), seed=1)


def _hold_home() -> PolicyFn:
    return lambda observation: np.zeros((len(observation), GO1.nu), np.float32)


def test_it_holds_what_to_do_and_what_to_avoid(recorded: Bank) -> None:
    assert {"stand", "walk", *AVOID} <= set(recorded.clips)
    assert len(set(recorded.clips)) == len(recorded.clips) == len(recorded.programs)
    for clip, program in zip(recorded.clips, recorded.programs, strict=True):
        assert (program is None) == (clip in AVOID)
    stand = recorded.programs[recorded.clips.index("stand")]
    assert stand == CommandProgram()


def test_clips_are_three_seconds_of_every_field(recorded: Bank) -> None:
    steps, size = round(CLIP_S / CONTROL_DT), len(recorded.clips)
    assert {name: field.shape for name, field in recorded.tape.fields.items()} == {
        name: (steps, size, *shape) for name, shape in tape_schema(GO1).items()
    }
    assert recorded.qpos.shape == (steps, size, 19)
    np.testing.assert_array_equal(recorded.clip("walk").action[:, 0], recorded.tape.action[:, 1])


def test_falling_falls_standing_stands_and_random_motion_is_neither_still_nor_repeated(
    recorded: Bank,
) -> None:
    assert recorded.clip("fall").fallen[-1, 0] == 1.0
    assert recorded.clip("stand").fallen.max() == 0.0
    random = recorded.clip("random").action[:, 0]
    assert random.std(0).min() > 0.3


def test_the_same_seed_records_the_same_bank(recorded: Bank) -> None:
    again, other = (record_bank(GO1, _hold_home(), seed=seed) for seed in (1, 2))
    np.testing.assert_array_equal(again.qpos, recorded.qpos)
    assert not np.array_equal(other.qpos, recorded.qpos)


def test_a_file_keeps_a_bank_to_half_precision(recorded: Bank) -> None:
    loaded = load_bank(dump_bank(recorded))
    assert (loaded.robot, loaded.clips) == (recorded.robot, recorded.clips)
    assert loaded.programs == recorded.programs
    np.testing.assert_array_equal(loaded.tape.time, recorded.tape.time)
    for name, field in recorded.tape.fields.items():
        assert loaded.tape.fields[name].dtype == np.float32
        np.testing.assert_allclose(loaded.tape.fields[name], field, rtol=2e-3, atol=2e-3)
    np.testing.assert_array_equal(loaded.qpos[..., 7:], loaded.tape.joint_position)


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04broken"])
def test_what_is_no_bank_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        load_bank(data)
    assert caught.value.code == "bad_bank"


def test_a_bank_cut_short_or_without_a_field_is_refused(recorded: Bank) -> None:
    whole = dump_bank(recorded)
    with pytest.raises(Invalid):
        load_bank(whole[: len(whole) // 2])
    with pytest.raises(Invalid):
        load_bank(dump_bank(_without(recorded, "joint_position")))


def _without(bank: Bank, name: str) -> Bank:
    fields = {key: value for key, value in bank.tape.fields.items() if key != name}
    return Bank(bank.robot, bank.clips, bank.programs, type(bank.tape)(fields), bank.qpos)
