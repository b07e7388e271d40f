import { angular, at } from "../../numbers";
import type { Program } from "../../program";
import { Stages, Waves } from "../../program";
import type { ArmConstants } from "./constants";
import { Path } from "./path";

/** What a schedule asks of an arm in one of its stages. */
export class Stage {
  readonly omega: number;
  /** As the policy sees them: a choice 1 or -1, a number as it is. */
  readonly settings: number[];
  private readonly waves: Waves;
  private readonly harmonic: Float64Array;
  private readonly path: Path;

  constructor(
    asked: Program,
    private readonly robot: ArmConstants,
  ) {
    this.waves = new Waves(asked);
    this.omega = angular(asked.beat_frequency);
    const { harmonic = [], path = [], path_repeats: repeats = false } = asked;
    this.harmonic = new Float64Array(this.waves.count).fill(1);
    this.harmonic.set(harmonic);
    this.path = new Path(path, repeats, robot.on_path);
    this.settings = Object.entries(robot.settings).map(([name, choices]) => {
      if (typeof choices[0] !== "string") return Number(asked[name] ?? 0);
      return 1 - 2 * choices.indexOf(String(asked[name] ?? choices[0]));
    });
  }

  /** What is asked of every channel; `since` is the time since the stage began. */
  command(time: number, since: number): number[] {
    const led = this.robot.on_path > 0 ? this.path.at(since) : [];
    return Array.from(this.harmonic, (harmonic, channel) => {
      const asked = this.waves.at(channel, this.omega * time * harmonic);
      return channel < led.length ? asked + at(led, channel) : asked;
    });
  }
}

/** What a schedule asks of an arm at a time. */
export class Schedule {
  private readonly stages: Stages<Stage>;

  constructor(program: Program, robot: ArmConstants) {
    this.stages = new Stages(program, (stage) => new Stage(stage, robot));
  }

  at(time: number): Stage {
    return this.stages.place(time).stage;
  }

  command(time: number): number[] {
    const { stage, since } = this.stages.place(time);
    return stage.command(time, since);
  }
}
