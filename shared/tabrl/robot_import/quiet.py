"""MuJoCo's warnings, which else go to the screen and into a log file in the working folder."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import mujoco


@contextmanager
def quiet() -> Iterator[list[str]]:
    """Collect what MuJoCo warns of meanwhile, instead of writing it anywhere."""
    warned: list[str] = []
    before = mujoco.get_mju_user_warning()
    mujoco.set_mju_user_warning(warned.append)
    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)  # as which its compiler warns
        warnings.showwarning = lambda message, *_, **__: warned.append(str(message))
        try:
            yield warned
        finally:
            mujoco.set_mju_user_warning(before)
