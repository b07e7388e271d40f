import type { Numbers } from "../../numbers";
import { at } from "../../numbers";
import type { ArmConstants, Matrix } from "./constants";
import type { Vector } from "./vectors";
import {
  column,
  cross,
  cut,
  dot,
  minus,
  origin,
  plus,
  product,
  rotated,
  solved,
  transposed,
} from "./vectors";

/** How far a tool is off: on its way, m, and turned, rad about the world's axes. */
export interface Off {
  place: Vector;
  turn: Vector;
}

/** An arm's joints in one state, from the base to the tool, in the world. */
export class Posed {
  /** Where the joints are, and what they turn about. */
  readonly places: Vector[];
  readonly axes: Vector[];
  readonly tip: Vector;
  /** Where the tool points, and its side. */
  readonly axis: Vector;
  readonly side: Vector;

  constructor(
    private readonly robot: ArmConstants,
    qpos: Numbers,
  ) {
    const { chain, chain_columns: columns } = robot;
    const bodies: Matrix[] = [];
    columns.forEach((place, joint) => {
      const over = turnedBy(robot, joint, at(qpos, place));
      const before = bodies.at(-1);
      bodies.push(before === undefined ? over : product(before, over));
    });
    const tip = product(bodies.at(-1) ?? chain.tip, chain.tip);
    this.places = bodies.map(origin);
    this.axes = bodies.map((body, joint) => rotated(body, chain.axes[joint] as Vector));
    this.tip = origin(tip);
    this.axis = column(tip, 2).slice(0, 3);
    this.side = column(tip, 0).slice(0, 3);
  }

  /** Turns of the joints, as in qpos, that take the tool about as far as it is off. */
  way({ place, turn }: Off): Vector {
    const { turn_m: turnM, damping_m: damping, step_m: stepM, step_rad: stepRad } = this.robot.way;
    const weighed = (moved: Vector, angle: Vector): Vector => [
      ...moved,
      ...angle.map((part) => part * turnM),
    ];
    const columns = this.axes.map((axis, joint) =>
      weighed(cross(axis, minus(this.tip, this.places[joint] as Vector)), axis),
    );
    // Damped least squares: near a pose in which the joints cannot go that way they go less far.
    const square = transposed(columns).map((row, i, rows) =>
      rows.map((other, j) => dot(row, other) + (i === j ? damping ** 2 : 0)),
    );
    const wanted = solved(square, weighed(cut(place, stepM), cut(turn, stepRad)));
    return this.inQpos(columns.map((moves) => dot(moves, wanted)));
  }

  /** Values of the joints, from the base to the tool, in the order of qpos. */
  inQpos(values: Vector): Vector {
    const { chain_columns: columns } = this.robot;
    return columns
      .map((place, joint) => ({ place, value: at(values, joint) }))
      .sort((a, b) => a.place - b.place)
      .map(({ value }) => value);
  }
}

/** The transform over a joint. */
function turnedBy({ chain }: ArmConstants, joint: number, angle: number): Matrix {
  const [sine, cosine] = [chain.sine[joint] as Matrix, chain.cosine[joint] as Matrix];
  return (chain.fixed[joint] as Matrix).map((row, i) =>
    plus(plus(row, sine[i] as Vector, Math.sin(angle)), cosine[i] as Vector, Math.cos(angle)),
  );
}
