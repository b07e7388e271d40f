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
from tabrl.embodiments.lookup import state_methods_of
from tabrl.rewards.errors import RewardError
from tabrl.rewards.source import check_source
from tabrl.robots import get_robot
from tabrl.sim.reward.export import AuthorLayers
from tabrl.sim.reward.function import export_reward, load_reward, unpack_artifact
from tabrl.sim.reward.verifier import verify
from tabrl_reward_worker.sandbox import Sandbox
from tabrl_reward_worker.sandbox.client import Pipeline
from tabrl_reward_worker.sandbox.limits import SandboxOptions
from tabrl_reward_worker.sandbox.supervisor import Supervisor
from tests.unit.reward_worker.sandbox.forge import SOURCE, Forgery, forged, forgeries
from tests.unit.reward_worker.sandbox.outcome import NO_OPTIONS, outcome

GO1 = get_robot("go1")
FOLDER = Path(__file__).parent / "hostile"
LAYERS = ("static", "namespace", "sandbox", "jaxpr")


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
def supervisor() -> Iterator[Supervisor]:
    """A zygote of its own: some entries would kill it if they could."""
    keeper = Supervisor()
    keeper.capabilities()
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
        check_source(entry.source, state_methods_of(GO1))


@pytest.mark.parametrize("entry", [entry for entry in CORPUS if entry.layer != "static"], ids=named)
def test_its_layer_stops_it(supervisor: Supervisor, entry: Hostile) -> None:
    found = outcome(supervisor, entry.source, frozenset(entry.off), entry.patience_s)
    assert found.layer == entry.layer, found


@pytest.mark.parametrize("entry", [entry for entry in CORPUS if entry.then], ids=named)
def test_without_its_layer_it_gets_further(supervisor: Supervisor, entry: Hostile) -> None:
    """No layer is decoration: the next one is reached, and stops what is still harmful."""
    off = frozenset((*entry.off, entry.layer))
    found = outcome(supervisor, entry.source, off, entry.patience_s)
    assert found.layer == entry.then, found


@pytest.mark.parametrize(
    "entry", [e for e in CORPUS if e.layer == "sandbox" and e.off and not e.slow][::11], ids=named
)
def test_with_everything_on_the_worker_keeps_serving(sandbox: Sandbox, entry: Hostile) -> None:
    with pytest.raises(RewardError):
        sandbox.build(entry.source, GO1)
    assert sandbox.build("def reward(state, action):\n    return 1.0\n", GO1).terms == ("reward",)


# The options of the sandbox, one by one: each alone stops something that nothing else would.
READ = "got = open({path!r}).read()"
OPTIONS = [
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


@pytest.mark.parametrize(("option", "attack"), OPTIONS)
def test_every_option_stops_something_alone(
    supervisor: Supervisor, tmp_path: Path, option: str, attack: str
) -> None:
    if option == "identity" and os.geteuid() != 0:
        pytest.skip("only root has another identity to take")
    if option == "landlock" and not supervisor.capabilities().landlock:
        pytest.skip("this kernel has no Landlock")
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # that others may enter
        os.chmod(folder, 0o755)
        path = Path(folder, "file")
        path.write_text("content")
        path.chmod(0o600 if option == "identity" else 0o666)
        code = f"{attack.format(path=str(path))}\nraise AssertionError('REACHED')"
        lines = "".join(f"    {line}\n" for line in code.splitlines())
        source = f"def reward(state, action):\n{lines}"
        without = AuthorLayers(static=False, namespace=False)
        alone = NO_OPTIONS.model_copy(update={option: True})
        for options, reached in ((alone, False), (NO_OPTIONS, True)):
            with pytest.raises(RewardError) as error:
                Pipeline(supervisor, 15.0, without, options).build(source, GO1)
            assert ("REACHED" in error.value.message) == reached, (options, error.value.message)


def test_the_network_is_out_of_reach_with_every_option_off(supervisor: Supervisor) -> None:
    if not supervisor.capabilities().network:
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
            Pipeline(supervisor, 15.0, without, NO_OPTIONS).build(source, GO1)
        assert "unreachable" in error.value.message


def test_all_options_are_on_by_default() -> None:
    assert SandboxOptions() == SandboxOptions(
        limits=True, identity=True, landlock=True, seccomp=True
    )
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


def test_the_sandboxed_verifier_says_the_same(sandbox: Sandbox, supervisor: Supervisor) -> None:
    pipeline = Pipeline(supervisor, 15.0)
    for forgery in FORGERIES[::12]:
        with pytest.raises(RewardError) as error:
            pipeline.verify(forged(forgery), SOURCE, GO1)
        assert error.value.code == "reward_refused"


def test_the_untouched_artifact_passes() -> None:
    blob = export_reward(SOURCE, GO1).blob
    assert verify(blob, SOURCE, GO1).terms == ("reward",)
    assert unpack_artifact(blob)[0].robot == "go1"
    assert verify(forged(Forgery(name="nothing", body="")), SOURCE, GO1).terms == ("reward",)
