import type { Driven, RobotRules, SceneInfo } from "./messages";
import type { Moment, Reading } from "./readings";
import { readingOf } from "./readings";
import type { Wheel } from "./wheel";

/** Speeds are taken over so long, s: shorter, and every step of a leg is seen in them. */
const OVER_S = 0.5;

/** What a robot does of what its controls ask. */
export class Gauges {
  private readonly readings: { channel: string; reading: Reading | null; home: number }[];
  private readonly steps: number;
  private readonly dt: number;

  /** `home`: where everything is that is asked as an offset. */
  constructor(rules: RobotRules, scene: SceneInfo, home: Moment) {
    this.steps = Math.round(OVER_S * rules.control_hz);
    this.readings = (rules.driving?.controls ?? []).map(({ channel, quantity, part }) => {
      const reading = quantity === null ? null : readingOf({ quantity, part }, scene, rules.ink);
      return { channel, reading, home: reading?.(home, home, 1) ?? 0 };
    });
    this.dt = 1 / rules.control_hz;
  }

  /** Of each control, what is asked of its channel and what was done lately. */
  read(recent: readonly Moment[], wheel: Wheel): Driven[] {
    const latest = recent.at(-1);
    const steps = Math.min(this.steps, recent.length - 1);
    const before = recent[recent.length - 1 - steps];
    return this.readings.map(({ channel, reading, home }) => ({
      channel,
      asked: wheel.constant(channel),
      done:
        reading === null || latest === undefined || before === undefined
          ? null
          : reading(before, latest, Math.max(1, steps) * this.dt) - home,
    }));
  }
}
