"""What a search does with harmonics and paths, which only some command spaces have."""

from __future__ import annotations

import numpy as np

from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule, Wave
from tabrl.control.waypoints import Path
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import get_robot
from tabrl_trainer.search.crossover import ablated, genes_of
from tabrl_trainer.search.mutation import Mutator, single_entries

ARM = embodiment_of(get_robot("ur5e"))
SPACE = ARM.commands
LINE = Path(((1.0, 0.1, 0.0, 0.0), (2.0, 0.1, 0.1, 0.0)))


def mutated(schedule: CommandSchedule, count: int = 400) -> CommandBatch:
    mutator = Mutator(ARM, np.random.default_rng(0), np.array([0.5, 1.0]), rhythmic=True)
    return mutator.mutated(CommandBatch.stack([schedule] * count), 0.3)


def test_sinusoids_find_other_harmonics() -> None:
    changed = mutated(CommandSchedule.asking(SPACE, y=(0.0, 0.1)))
    assert set(np.unique(changed.harmonic)) == set(SPACE.harmonics)
    other = changed.harmonic != 1.0
    assert 0.005 < other.mean() < 0.2
    assert np.abs(changed.amplitude[other]).max() > 0.0


def test_a_path_is_kept_while_the_rest_changes() -> None:
    changed = mutated(CommandSchedule.neutral(SPACE).along(LINE))
    np.testing.assert_array_equal(
        changed.path, np.tile(LINE.packed(SPACE.on_path), (len(changed), 1))
    )
    assert (changed.constant != 0.0).any()


def test_settings_stay_within_their_ranges() -> None:
    changed = mutated(CommandSchedule.asking(SPACE, tempo=0.3), 3000)
    low, high = SPACE.setting("tempo").range
    tempo = changed.settings["tempo"]
    assert ((tempo == 0.0) | ((tempo >= low) & (tempo <= high))).all()
    assert len(np.unique(tempo)) > 20
    assert set(np.unique(changed.settings["elbow"])) == {0, 1}


def test_a_gene_is_taken_out_and_leaves_the_harmonic() -> None:
    schedule = CommandSchedule.asking(SPACE, y=Wave(0.1, 0.1, 0.5, 2.0))
    constant, amplitude = genes_of(schedule)
    assert ablated(schedule, constant).wave("y") == Wave(0.0, 0.1, 0.5, 2.0)
    assert ablated(schedule, amplitude).wave("y") == Wave(0.1, 0.0, 0.5, 2.0)


def test_a_search_begins_with_what_does_something_alone_and_the_elbow_down() -> None:
    singles = single_entries(ARM)
    used = {name for one in singles for name in SPACE.names if one.wave(name).constant}
    assert used == {channel.name for channel in SPACE.channels if channel.alone}
    assert used == {"x", "y", "z", "azimuth", "elevation", "roll"}
    assert any(not one.plain for one in singles)
