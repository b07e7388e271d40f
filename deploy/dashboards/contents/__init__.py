"""What the six dashboards show."""

from deploy.dashboards.contents.inference import INFERENCE
from deploy.dashboards.contents.jobs import JOBS
from deploy.dashboards.contents.parts import PARTS
from deploy.dashboards.contents.rewards import REWARDS
from deploy.dashboards.contents.service import SERVICE
from deploy.dashboards.contents.training import TRAINING

DASHBOARDS = (SERVICE, JOBS, TRAINING, REWARDS, INFERENCE, PARTS)
