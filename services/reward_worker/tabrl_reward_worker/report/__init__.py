"""Validation before training: what the motion library says of a candidate."""

from tabrl_reward_worker.report.comparison import compare, with_similarity
from tabrl_reward_worker.report.reporting import report_on, unrecorded_report

__all__ = ["compare", "report_on", "unrecorded_report", "with_similarity"]
