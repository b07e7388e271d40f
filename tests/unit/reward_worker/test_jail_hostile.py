"""Hostile rewards, each against the layer that must stop it, and with that layer switched off."""

from __future__ import annotations

import os
import socket
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from tabrl.domain.errors import TabrlError
from tabrl.rewards.errors import RewardError
from tabrl.rewards.source import check_source
from tabrl.robots import get_robot
from tabrl.sim.reward.export import AuthorLayers
from tabrl.sim.reward.function import export_reward, load_reward, unpack_artifact
from tabrl.sim.reward.verifier import verify
from tabrl_reward_worker.jail import Jail
from tabrl_reward_worker.jail.client import Stages
from tabrl_reward_worker.jail.limits import Walls
from tabrl_reward_worker.jail.warden import Warden
from tests.unit.reward_worker.forge import SOURCE, Forgery, forged, forgeries
from tests.unit.reward_worker.outcome import OPEN_WALLS, outcome

GO1 = get_robot("go1")
FOLDER = Path(__file__).parent / "hostile"
LAYERS = ("static", "namespace", "jail", "jaxpr")


class Hostile(BaseModel):
    """One entry of the corpus; see the head of its file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    layer: str
    name: str
    source: str
    off: tuple[str, ...] = ()
    then: str = ""
    slow: bool = False  # never ends

    @property
    def patience_s(self) -> float:
        return 1.0 if self.slow else 15.0


def read(layer: str) -> list[Hostile]:
    data: dict[str, Any] = tomllib.loads((FOLDER / f"{layer}.toml").read_text())
    return [Hostile(layer=layer, **entry) for entry in data["reward"]]


CORPUS = [entry for layer in LAYERS for entry in read(layer)]
FORGERIES = forgeries(FOLDER / "artifact.toml")


def named(entry: Hostile) -> str:
    return f"{entry.layer}: {entry.name}"


@pytest.fixture(scope="module")
def warden() -> Iterator[Warden]:
    """A zygote of its own: some entries would kill it if they could."""
    keeper = Warden()
    keeper.protection()
    yield keeper
    keeper.close()


def test_the_corpus_is_large_and_names_every_layer() -> None:
    assert len(CORPUS) + len(FORGERIES) >= 250
    assert len({named(entry) for entry in CORPUS}) == len(CORPUS)
    for layer in LAYERS:
        known = [entry for entry in CORPUS if entry.layer == layer]
        # Entries that reach this layer with everything on, or that need those before it down.
        assert len(known) >= 25, layer


@pytest.mark.parametrize(
    "entry", [entry for entry in CORPUS if entry.layer == "static" or entry.off], ids=named
)
def test_the_static_check_stops_it(entry: Hostile) -> None:
    """Nothing that is only a danger without the static check gets past it."""
    with pytest.raises(RewardError):
        check_source(entry.source)


@pytest.mark.parametrize("entry", [entry for entry in CORPUS if entry.layer != "static"], ids=named)
def test_its_layer_stops_it(warden: Warden, entry: Hostile) -> None:
    found = outcome(warden, entry.source, frozenset(entry.off), entry.patience_s)
    assert found.layer == entry.layer, found


@pytest.mark.parametrize("entry", [entry for entry in CORPUS if entry.then], ids=named)
def test_without_its_layer_it_gets_further(warden: Warden, entry: Hostile) -> None:
    """No layer is decoration: the next one is reached, and stops what is still harmful."""
    off = frozenset((*entry.off, entry.layer))
    found = outcome(warden, entry.source, off, entry.patience_s)
    assert found.layer == entry.then, found


@pytest.mark.parametrize(
    "entry", [e for e in CORPUS if e.layer == "jail" and e.off and not e.slow][::11], ids=named
)
def test_with_everything_on_the_worker_keeps_serving(jail: Jail, entry: Hostile) -> None:
    with pytest.raises(RewardError):
        jail.build(entry.source, GO1)
    assert jail.build("def reward(state, action):\n    return 1.0\n", GO1).terms == ("reward",)


# The walls of the jail, one by one: each alone stops something that nothing else would.
READ = "got = open({path!r}).read()"
WALLS = [
    pytest.param("seccomp", "import os\ngot = os.dup(1) if os.fork() else os._exit(0)", id="fork"),
    pytest.param("seccomp", "import os\nos.kill(os.getpid(), 0)\ngot = 1", id="signal"),
    pytest.param("seccomp", "import os\ngot = os.stat('/').st_mode", id="stat"),
    pytest.param("landlock", READ, id="read a file"),
    pytest.param("landlock", "import os\ngot = os.listdir('/')", id="list a folder"),
    pytest.param("identity", READ, id="read root's file"),
    pytest.param(
        "identity", "import os\nos.kill(os.getppid(), 0)\ngot = 1", id="signal the zygote"
    ),
    pytest.param("limits", "import numpy\ngot = numpy.empty(5 << 30, 'u1').size", id="memory"),
    pytest.param("limits", "f = open({path!r}, 'a')\nf.write('x')\nf.close()\ngot = 1", id="write"),
]


@pytest.mark.parametrize(("wall", "attack"), WALLS)
def test_every_wall_stops_something_alone(
    warden: Warden, tmp_path: Path, wall: str, attack: str
) -> None:
    if wall == "identity" and os.geteuid() != 0:
        pytest.skip("only root has another identity to take")
    if wall == "landlock" and not warden.protection().landlock:
        pytest.skip("this kernel has no Landlock")
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # that others may enter
        os.chmod(folder, 0o755)
        path = Path(folder, "file")
        path.write_text("content")
        path.chmod(0o600 if wall == "identity" else 0o666)
        code = f"{attack.format(path=str(path))}\nraise AssertionError('REACHED')"
        lines = "".join(f"    {line}\n" for line in code.splitlines())
        source = f"def reward(state, action):\n{lines}"
        without = AuthorLayers(static=False, namespace=False)
        alone = OPEN_WALLS.model_copy(update={wall: True})
        for walls, reached in ((alone, False), (OPEN_WALLS, True)):
            with pytest.raises(RewardError) as error:
                Stages(warden, 15.0, without, walls).build(source, GO1)
            assert ("REACHED" in error.value.message) == reached, (walls, error.value.message)


def test_the_network_is_out_of_reach_even_without_walls(warden: Warden) -> None:
    if not warden.protection().network:
        pytest.skip("network namespaces are not allowed here")
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        socket.create_connection(address, timeout=5.0).close()  # from here it can be reached
        source = (
            "def reward(state, action):\n"
            "    import socket\n"
            f"    socket.create_connection({address!r}, timeout=5.0)\n"
            "    raise AssertionError('REACHED')\n"
        )
        without = AuthorLayers(static=False, namespace=False)
        with pytest.raises(RewardError) as error:
            Stages(warden, 15.0, without, OPEN_WALLS).build(source, GO1)
        assert "unreachable" in error.value.message


def test_all_walls_stand_by_default() -> None:
    assert Walls() == Walls(limits=True, identity=True, landlock=True, seccomp=True)
    assert AuthorLayers() == AuthorLayers(static=True, namespace=True, jaxpr=True)


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.name)
def test_the_verifier_refuses_a_forged_artifact(forgery: Forgery) -> None:
    found = reread(forged(forgery))
    if isinstance(found, bytes):
        # A byte of what nobody reads, such as a line number: nothing of it is left.
        assert forgery.flip is not None
        assert found == reread(export_reward(SOURCE, GO1).blob)
    else:
        assert found.code in ("reward_refused", "reward_weights")
        assert forgery.says in found.message


def reread(blob: bytes) -> bytes | RewardError:
    """What the verifier makes of an artifact, or why it refuses it."""
    try:
        return verify(blob, SOURCE, GO1).blob
    except RewardError as error:
        return error


def test_without_the_verifier_forged_artifacts_would_be_loaded() -> None:
    """What JAX itself makes of them: most would have reached the compiler."""
    loaded = 0
    for forgery in FORGERIES:
        try:
            load_reward(forged(forgery))
        except TabrlError:
            continue
        loaded += 1
    assert loaded >= 60


def test_the_jailed_verifier_says_the_same(jail: Jail, warden: Warden) -> None:
    stages = Stages(warden, 15.0)
    for forgery in FORGERIES[::12]:
        with pytest.raises(RewardError) as error:
            stages.verify(forged(forgery), SOURCE, GO1)
        assert error.value.code == "reward_refused"


def test_the_untouched_artifact_passes() -> None:
    blob = export_reward(SOURCE, GO1).blob
    assert verify(blob, SOURCE, GO1).terms == ("reward",)
    assert unpack_artifact(blob)[0].robot == "go1"
    assert verify(forged(Forgery(name="nothing", body="")), SOURCE, GO1).terms == ("reward",)
