/** On which side of an arm its elbow is, and how it gets to the other one. */
import { at } from "../../numbers";
import type { Posed } from "./chain";
import type { ArmConstants } from "./constants";
import type { Vector } from "./vectors";
import { cross, dot, minus, plus, times } from "./vectors";

type Elbow = NonNullable<ArmConstants["elbow"]>;

/** How high the elbow is above the line from the shoulder to the wrist, m. */
export function height(posed: Posed, { joints }: Elbow): number {
  const [shoulder, elbow, wrist] = joints.map((joint) => posed.places[joint] as Vector) as [
    Vector,
    Vector,
    Vector,
  ];
  const [line, upper] = [minus(wrist, shoulder), minus(elbow, shoulder)];
  const share = dot(upper, line) / (dot(line, line) + 1e-9);
  return at(upper, 2) - share * at(line, 2);
}

/** Turns of the joints, as in qpos, that put the elbow on the other side; at most a step of them. */
export function toOtherSide(posed: Posed, elbow: Elbow, step: number): Vector {
  const [from, bend, to] = elbow.joints;
  const [shoulder, middle, wrist] = [from, bend, to].map(
    (joint) => posed.places[joint] as Vector,
  ) as [Vector, Vector, Vector];
  const about = posed.axes[bend] as Vector;
  const bent = angle(minus(middle, shoulder), minus(wrist, middle), about);
  const aside = angle(minus(middle, shoulder), minus(wrist, shoulder), about);
  const share = Math.abs(bent) >= 1e-3 ? aside / bent : 0.5;
  const beyond = (bent < 0 ? -1 : 1) * Math.max(Math.abs(bent), elbow.bent_rad);
  const [upper, lower] = [aside + share * beyond, -bent - beyond];
  const turns = new Map([
    [from, upper],
    [bend, lower],
    [to, -upper - lower],
  ]);
  const way = posed.axes.map(
    (axis, joint) => (turns.get(joint) ?? 0) * Math.sign(dot(axis, about)),
  );
  const most = Math.max(...way.map(Math.abs));
  return posed.inQpos(times(Math.min(1, step / (most + 1e-6)), way));
}

/** From one vector to another as seen along an axis, rad. */
function angle(first: Vector, second: Vector, about: Vector): number {
  const flat = plus(first, about, -dot(about, first));
  return Math.atan2(dot(cross(first, second), about), dot(flat, second));
}
