"""Wiring: which adapters stand behind the ports. Nothing is opened before `build`."""

from __future__ import annotations

from functools import partial

import numpy as np
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from tabrl.adapters.blobs import make_blob_store
from tabrl.adapters.clock import SystemClock
from tabrl.adapters.observed import ObservedBlobStore, observe_engine
from tabrl.adapters.owner_limits import OwnerLimits
from tabrl.adapters.redis_tickets import RedisTicketStore
from tabrl.adapters.settings import Settings
from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.models import SqlModelRepository
from tabrl.adapters.web.address import TrustedProxies
from tabrl.adapters.web.origin import OriginRules
from tabrl.control.rollout import CONTROL_DT
from tabrl.domain.errors import Invalid
from tabrl.embodiments.load import embodiment_of, load_policy
from tabrl.robots import get_robot
from tabrl_inference.driven import DrivenPolicy
from tabrl_inference.fleet import Fleets
from tabrl_inference.frames import Dimensions
from tabrl_inference.limits import Limits
from tabrl_inference.metrics import Metrics
from tabrl_inference.policy_cache import LoadedPolicy
from tabrl_inference.server import InferenceServer
from tabrl_inference.step_log import JsonlStepLog, NoStepLog
from tabrl_inference.visitors import Visitors


class InferenceSettings(BaseSettings):
    """What only this service reads from the environment."""

    model_config = SettingsConfigDict(env_prefix="TABRL_", frozen=True, extra="ignore")

    tick_log: str = Field(
        default="", description="File for a JSON line per answered state, for tests; empty: none."
    )


def build(settings: Settings, own: InferenceSettings) -> InferenceServer:
    """A server on the storage that the settings name; nothing is read from it yet."""
    metrics = Metrics()
    engine = observe_engine(make_engine(settings.database), metrics.parts)
    return InferenceServer(
        models=SqlModelRepository(engine, SystemClock()),
        blobs=ObservedBlobStore(make_blob_store(settings.blobs), metrics.parts),
        load=partial(load_params, fleets=Fleets()),
        origins=OriginRules(settings),
        limits=Limits(),
        step_log=JsonlStepLog(own.tick_log) if own.tick_log else NoStepLog(),
        metrics=metrics,
        visitors=visitors(settings),
    )


def visitors(settings: Settings) -> Visitors:
    """Who may connect, and how often; Redis is asked only where people log in."""
    alone = settings.log_in == "none"
    return Visitors(
        tickets=None if alone else RedisTicketStore(settings.redis_url),
        proxies=TrustedProxies(settings.trusted_proxies),
        limits=OwnerLimits.of(settings),
    )


def load_params(data: bytes, fleets: Fleets | None = None) -> LoadedPolicy:
    """A policy from the bytes of a params file, tried once on the robot's home state.

    Raises `Invalid` if the file cannot be read, or does not fit its robot.
    """
    policy = load_policy(data)
    robot = get_robot(policy.header.robot)
    embodiment = embodiment_of(robot)
    skeleton = embodiment.skeleton
    driven = DrivenPolicy.of(policy)
    size = Dimensions(
        embodiment.nq, embodiment.nv, robot.nu, skeleton.place, skeleton.linear, driven.width
    )
    qpos, ctrl = np.array([embodiment.home_qpos], float), np.array([robot.home])
    try:
        _, ctrl = policy.control(np.zeros(1), qpos, np.zeros((1, size.nv)), ctrl)
    except ValueError as error:
        raise Invalid("the parameters do not fit the robot", code="bad_params") from error
    if ctrl.shape != (1, size.nu) or not np.isfinite(ctrl).all():
        raise Invalid("the parameters give no finite action", code="bad_params")
    return LoadedPolicy(
        controller=policy,
        size=size,
        scene_sha256=policy.header.scene_sha256,
        program_words=policy.schedule.in_words(),
        control_hz=round(1.0 / CONTROL_DT),
        together=fleets.of(policy) if fleets else None,
        driven=driven,
    )
