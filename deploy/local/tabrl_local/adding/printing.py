"""What `tabrl robots add` shows of a model."""

from __future__ import annotations

import math
import shlex

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tabrl.robot_import.output.folder import Writing
from tabrl.robot_import.report import ImportReport, JointReport
from tabrl.robots.registry import ROBOTS_VARIABLE
from tabrl_local.adding.command import Written

_LITTLE_MARGIN = 0.3
_NO_TORQUE = 0.005  # N·m
_NAMES_SHOWN = 12


def print_report(report: ImportReport, console: Console) -> None:
    """Print limbs, joints, how home was held, the cost of a step, and what to know."""
    console.print(f"[bold]{report.id}[/]  from {escape(report.source)}", soft_wrap=True)
    if report.others:
        others = ", ".join(report.others)
        console.print(f"  other models there: {escape(others)} (--model)", soft_wrap=True)
    size = "reaches" if report.kind == "arm" else "stands"
    console.print(
        f"{report.kind}: {report.mass_kg:.3g} kg, {len(report.joints)} joints that move, "
        f"{size} {report.length_m:.2f} m" + (" high" if size == "stands" else "")
    )
    console.print()
    console.print(_limbs(report))
    console.print()
    console.print(_joints(report))
    console.print()
    for line in _findings(report):
        console.print(line, soft_wrap=True)
    for note in report.notes:
        console.print(f"[yellow]note:[/] {escape(note)}", soft_wrap=True)


def print_written(written: Written | None, report: ImportReport, console: Console) -> None:
    """Print where the robot is now, and what to do next."""
    if written is None:
        console.print("Nothing was written: this was a look only.")
        return
    words = {
        Writing.NEW: "written to",
        Writing.SAME: "is in, as before,",
        Writing.REPLACED: "written anew to",
    }
    console.print(
        f"[bold green]{report.id}[/] {words[written.writing]} {escape(str(written.folder))}",
        soft_wrap=True,
    )
    own = f"{ROBOTS_VARIABLE}={shlex.quote(str(written.folder.parent))}"
    train = (f"{own} tabrl-train-base {report.id}", "teach it to move (hours)")
    if not report.pretrainable:
        task = f'tabrl run "…" --robot {report.id} --tier full --minutes 30'
        train = (task, "teach it one thing from nothing, while that runs")
    steps = (
        (f"{written.folder / 'robot.toml'}", "look through it"),
        (f"{own} tabrl up", "see it on the page"),
        train,
    )
    for command, purpose in steps:
        console.print(f"  {purpose}: {escape(command)}", soft_wrap=True)


def _limbs(report: ImportReport) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("limb", "place", "joints from the root", "signs", "end"):
        table.add_column(column, no_wrap=column != "joints from the root")
    for limb in report.limbs:
        signs = " ".join("+" if sign > 0 else "−" for sign in limb.signs)
        place = " ".join(limb.place)
        table.add_row(limb.name, place, escape(" ".join(limb.joints)), signs, escape(limb.end))
    return table


def _joints(report: ImportReport) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("joint", no_wrap=True)
    for column in ("home", "from", "to", "stiffness", "damping", "holds with", "of", "left"):
        table.add_column(column, no_wrap=True, justify="right")
    for joint in report.joints:
        table.add_row(
            escape(joint.name), f"{joint.home:.2f}", f"{joint.range[0]:.2f}",
            f"{joint.range[1]:.2f}", f"{joint.stiffness:.4g}", f"{joint.damping:.3g}",
            f"{joint.torque:.3g} N·m" if joint.torque > _NO_TORQUE else "0", *_margin(joint),
        )  # fmt: skip
    return table


def _margin(joint: JointReport) -> tuple[str, str]:
    if joint.torque_limit is None or joint.margin is None:
        return "no limit", "?"
    colour = "red" if joint.margin < _LITTLE_MARGIN else "green"
    return f"{joint.torque_limit:.3g} N·m", f"[{colour}]{100 * joint.margin:.0f} %[/]"


def _findings(report: ImportReport) -> list[str]:
    """How home was held, what a step costs, what is held still."""
    sag = max(report.joints, key=lambda joint: joint.sag)
    held = f"held home for {report.held_s:g} s: {escape(sag.name)} sags most, by {sag.sag:.3f} rad"
    if len(report.limbs) > 1:
        held += (
            f"; it sinks {1000 * report.sank_m:.0f} mm, leans {math.degrees(report.tilt_rad):.1f}°"
        )
    lines = [held]
    if not report.balanced:
        lines.append(
            "[yellow]it tips over by itself[/], so its trunk was kept upright: a policy has to "
            "balance it from its first step on"
        )
    lines += [f"a control step of 20 ms costs {report.cost_us:.0f} µs of a core"]
    least = report.least_margin
    if least is not None and least.margin is not None and least.margin < _LITTLE_MARGIN:
        lines.append(
            f"[red]{escape(least.name)} has {100 * least.margin:.0f} % of its torque left[/]: it "
            "will hardly learn to move"
        )
    if report.held_joints:
        more = len(report.held_joints) - _NAMES_SHOWN
        names = ", ".join(report.held_joints[:_NAMES_SHOWN]) + (f" and {more} more" * (more > 0))
        lines.append(f"held still, in no limb: {escape(names)}")
    if report.without:
        lines.append(f"abilities of its kind that it has not: {', '.join(report.without)}")
    if report.range_share:
        shares = ", ".join(f"{name} {share:g}" for name, share in report.range_share.items())
        lines.append(f"its motors allow a share of the kind's commands: {shares}")
    if report.mirrored is not None and len(report.limbs) > 1:
        lines.append(f"left and right are {'alike' if report.mirrored else 'not alike'}")
    if report.meshes:
        meshes = "a mesh" if report.meshes == 1 else f"{report.meshes} meshes"
        lines.append(f"the page shows {meshes} of the model")
    return lines
