"""`tabrl-replay JOB`: do a finished training again and compare the hash of its parameters."""

from __future__ import annotations

import argparse
import hashlib
import os
import sys

from tabrl.domain.errors import Conflict, TabrlError
from tabrl.ports import JobFailedError


def main(arguments: list[str] | None = None) -> int:
    """Entry point of `tabrl-replay`; 0 if the parameters are the same, 1 if not."""
    parser = argparse.ArgumentParser(prog="tabrl-replay", description=__doc__)
    parser.add_argument("job", help="id of a training job that succeeded")
    options = parser.parse_args(arguments)
    # As the trainer has it: other precision, other bits.
    os.environ.setdefault("JAX_DEFAULT_MATMUL_PRECISION", "highest")
    try:
        recorded, again = _replayed(options.job)
    except TabrlError as error:
        hint = f"; {error.hint}" if error.hint else ""
        print(f"tabrl-replay: {error}{hint}", file=sys.stderr)
        return 1
    except JobFailedError as error:
        print(f"tabrl-replay: {error.failure.message}", file=sys.stderr)
        return 1
    same = recorded == again
    print(f"recorded {recorded}\nreplayed {again}\n{'the same' if same else 'they differ'}")
    return 0 if same else 1


def _replayed(job_id: str) -> tuple[str, str]:
    """Hashes of the parameters that the job delivered and of those made again."""
    from tabrl.adapters.blobs import make_blob_store
    from tabrl.adapters.clock import SystemClock
    from tabrl.adapters.settings import Settings
    from tabrl.adapters.sql.artifacts import SqlVerifiedArtifacts
    from tabrl.adapters.sql.engine import make_engine
    from tabrl.adapters.sql.jobs import SqlJobRepository
    from tabrl.robots import get_robot
    from tabrl_trainer.context import TrainingContext
    from tabrl_trainer.pretrained import load_pretrained
    from tabrl_trainer.replay import replay
    from tabrl_trainer.stages.verified import verified_reward
    from tabrl_trainer.tiers.beginning import beginning_of

    settings = Settings()
    database, clock = make_engine(settings.database), SystemClock()
    job = SqlJobRepository(database, clock).get(job_id)
    if job.spec is None or job.result is None or job.result.schedule is None:
        raise Conflict(
            f"{job_id} has no recorded schedule",
            code="no_schedule",
            hint="only trainings that succeeded can be replayed",
        )
    blobs, verified = make_blob_store(settings.blobs), SqlVerifiedArtifacts(database, clock)
    reward = verified_reward(job.spec, blobs, verified)
    record = job.result.schedule
    pretrained = None if record.from_nothing else load_pretrained(job.robot)
    robot = get_robot(job.robot).on(record.ground)
    context = TrainingContext(robot, pretrained, settings.simulator)
    beginning = beginning_of(context, record.origin, blobs)
    params = replay(context, reward, record, beginning)
    return job.result.params_sha256, hashlib.sha256(params).hexdigest()


if __name__ == "__main__":
    raise SystemExit(main())
