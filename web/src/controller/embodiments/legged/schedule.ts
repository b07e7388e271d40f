import type { Place, Program } from "../../program";
import { Stages } from "../../program";
import type { LeggedConstants } from "./constants";
import type { Planar } from "./planar";
import { arc, minus, ORIGIN, plus, repeated, turned } from "./planar";
import { Stage } from "./stage";

/** Where the mean motion has led and how far it has turned when a stage begins. */
interface Begin {
  led: Planar;
  angle: number;
}

/** What a schedule asks of a legged robot at a time: the stage, the heading and the place. */
export class Schedule {
  private readonly stages: Stages<Stage>;
  private readonly begins: Begin[] = [];
  /** By a whole round. */
  private readonly round: Begin;
  private readonly start: Planar;

  constructor(program: Program, robot: LeggedConstants) {
    this.stages = new Stages(program, (stage) => new Stage(stage, robot));
    let begin: Begin = { led: ORIGIN, angle: 0 };
    this.stages.all.forEach((stage, index) => {
      this.begins.push(begin);
      begin = after(begin, stage, this.stages.lasts[index] ?? 0);
    });
    this.round = begin;
    this.start = this.stages.first.aside(0);
  }

  at(time: number): Stage {
    return this.stages.place(time).stage;
  }

  /** Where the robot is to look, rad since the reset, not wrapped. */
  heading(time: number): number {
    const { stage, since, ...place } = this.stages.place(time);
    const angle = this.turnedBy(place) + stage.turning * since;
    return angle + stage.swung(time) - this.stages.first.swung(0);
  }

  /** Where the robot is to be, m ahead and left of where it began. */
  path(time: number): Planar {
    const { stage, since, index, rounds } = this.stages.place(time);
    const now = after(this.begins[index] as Begin, stage, since);
    const before = repeated(this.round.led, this.round.angle, rounds);
    const angle = rounds * this.round.angle;
    const reached = plus(before, turned(angle, now.led));
    const along = plus(reached, turned(angle + now.angle, stage.aside(time)));
    return turned(-this.stages.first.swung(0), minus(along, this.start));
  }

  /** By all stages that have ended. */
  private turnedBy({ index, rounds }: Pick<Place<Stage>, "index" | "rounds">): number {
    return rounds * this.round.angle + (this.begins[index] as Begin).angle;
  }
}

function after({ led, angle }: Begin, stage: Stage, time: number): Begin {
  const turn = stage.turning * time;
  return { led: plus(led, turned(angle, arc(stage.velocity, time, turn))), angle: angle + turn };
}
