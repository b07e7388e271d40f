import { at } from "../../numbers";
import type { Vector } from "./vectors";
import { minus, plus, times } from "./vectors";

interface Waypoint {
  time: number;
  place: Vector;
}

interface Moving {
  speed: Vector;
  acceleration: Vector;
}

/** Waypoints with times; between them the jerk is least. */
export class Path {
  private readonly points: Waypoint[];
  /** The first waypoint of the round. */
  private readonly first: number;
  /** How long a round takes, s; 0 for a path that ends. */
  private readonly period: number;

  constructor(rows: number[][], repeats: boolean, width: number) {
    this.points = rows.map(([time = 0, ...place]) => ({
      time,
      place,
    }));
    // Who is not at a waypoint at time zero comes from zero.
    if ((this.points[0]?.time ?? 1) > 0) {
      this.points.unshift({ time: 0, place: new Array(width).fill(0) });
    }
    this.first = repeats ? this.points.length - rows.length : 0;
    const last = this.points.at(-1)?.time ?? 0;
    this.period = repeats ? last - this.point(this.first).time : 0;
  }

  /** Where it leads at a time since it began, s. */
  at(time: number): Vector {
    const begin = this.point(this.first).time;
    let now = Math.max(time, 0);
    if (this.period > 0 && now >= begin) now = begin + ((now - begin) % this.period);
    const here = Math.max(this.points.filter((point) => point.time <= now).length - 1, 0);
    if (here === this.points.length - 1) return this.point(here).place;
    const lasts = this.point(here + 1).time - this.point(here).time;
    const share = Math.min((now - this.point(here).time) / lasts, 1);
    const goesRound = this.period > 0;
    return leastJerk(
      [this.point(here).place, this.point(here + 1).place],
      [this.moving(here, goesRound && here >= this.first), this.moving(here + 1, goesRound)],
      lasts,
      share,
    );
  }

  private point(index: number): Waypoint {
    return this.points[index] as Waypoint;
  }

  /** Speed and acceleration at a waypoint, by the parabola through its neighbours. */
  private moving(index: number, goesRound: boolean): Moving {
    const last = this.points.length - 1;
    const here = this.point(index);
    let before = this.point(Math.max(index - 1, 0));
    let after = this.point(Math.min(index + 1, last));
    if (goesRound && index === this.first) before = shifted(this.point(last - 1), -this.period);
    if (goesRound && index === last) after = shifted(this.point(this.first + 1), this.period);
    const [came, goes] = [minus(here.place, before.place), minus(after.place, here.place)];
    const [cameS, goesS] = [here.time - before.time, after.time - here.time];
    if (!came.some(Boolean) || !goes.some(Boolean)) {
      const rest = times(0, here.place);
      return { speed: rest, acceleration: rest };
    }
    const [first, second] = [times(1 / cameS, came), times(1 / goesS, goes)];
    const whole = cameS + goesS;
    return {
      speed: times(1 / whole, plus(times(goesS, first), second, cameS)),
      acceleration: times(2 / whole, minus(second, first)),
    };
  }
}

function shifted({ time, place }: Waypoint, by: number): Waypoint {
  return { time: time + by, place };
}

/** A polynomial of degree five through both ends with their speeds and accelerations. */
function leastJerk(
  [from, to]: [Vector, Vector],
  [leaving, arriving]: [Moving, Moving],
  lasts: number,
  s: number,
): Vector {
  return from.map((p0, i) => {
    const v0 = at(leaving.speed, i) * lasts;
    const a0 = at(leaving.acceleration, i) * lasts ** 2;
    const change = at(arriving.acceleration, i) * lasts ** 2 - a0;
    const way = at(to, i) - p0 - v0 - a0 / 2;
    const speed = at(arriving.speed, i) * lasts - v0 - a0;
    const third = 10 * way - 4 * speed + change / 2;
    const fourth = -15 * way + 7 * speed - change;
    const fifth = 6 * way - 3 * speed + change / 2;
    return p0 + s * (v0 + s * (a0 / 2 + s * (third + s * (fourth + s * fifth))));
  });
}
