"""Rewards that want what they must not get, one for each way that people try first."""

from __future__ import annotations

_HEAD = "def reward(state, action):\n"

HOSTILE: dict[str, str] = {
    "reads the environment": f"import os\n{_HEAD}    return state.roll() * len(os.environ)\n",
    "opens a file": f"{_HEAD}    open('/etc/passwd')\n    return state.roll()\n",
    "writes a file": f"{_HEAD}    open('/tmp/escaped', 'w')\n    return state.roll()\n",
    "climbs by classes": f"{_HEAD}    ().__class__.__base__.__subclasses__()\n    return 0.0\n",
    "imports by name": f"{_HEAD}    __import__('socket')\n    return state.roll()\n",
    "evaluates text": f"{_HEAD}    return eval('1')\n",
    "reads attributes by name": f"{_HEAD}    return getattr(state, '__class__')\n",
    "never ends": f"{_HEAD}    while True:\n        pass\n",
    "takes all memory": f"{_HEAD}    return jnp.zeros((100000, 100000)).sum()\n",
    "recurses": f"def f(x):\n    return f(x)\n{_HEAD}    return f(state.roll())\n",
    "calls the host": f"{_HEAD}    return jax.pure_callback(print, None, 1)\n",
    "formats itself out": f"{_HEAD}    f'{{state.__class__}}'\n    return state.roll()\n",
}
