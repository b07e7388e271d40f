import type { MainModule, MjData, MjModel } from "@mujoco/mujoco";
import type { Trouble } from "@/api/types";
import { Blow } from "./blow";
import type { Push, SceneInfo } from "./messages";
import { describeScene } from "./scene";
import { Troubles } from "./troubles";

const HOME_KEY = 0;
// A pull of the mouse: stiff enough to follow, soft and bounded enough that nothing explodes.
const PUSH_STIFFNESS_PER_KG = 14;
const PUSH_DAMPING_PER_KG = 2.5;
const PUSH_LIMIT_PER_KG = 9;

type Vector = [number, number, number];

/** Where a simulation was left. */
export interface Left {
  time: number;
  qpos: Float64Array;
  qvel: Float64Array;
  ctrl: Float64Array;
}

/**
 * One robot in MuJoCo's WebAssembly build.
 *
 * Heap growth detaches typed arrays, so `data.qpos` and the like are read afresh on every use and
 * whatever leaves this class is a copy.
 */
export class Physics {
  readonly scene: SceneInfo;
  private readonly substeps: number;
  /** Of each body, kg; 0 for what is fixed to the world. */
  private readonly masses: Float64Array;
  private readonly mass: number;
  private readonly blow = new Blow();
  private readonly troubles: Troubles;
  private push: Push | null = null;
  /** Where the centre of mass was one time step ago; null where nobody pushed then. */
  private pushedCentre: Vector | null = null;

  private constructor(
    private readonly mujoco: MainModule,
    private readonly model: MjModel,
    private readonly data: MjData,
    controlHz: number,
  ) {
    this.scene = describeScene(mujoco, model);
    this.substeps = Math.round(1 / (controlHz * model.opt.timestep));
    const welded = model.body_weldid as Int32Array;
    this.masses = Float64Array.from(model.body_mass as Float64Array, (mass, body) =>
      welded[body] === 0 ? 0 : mass,
    );
    this.mass = sum(this.masses);
    this.troubles = new Troubles(model);
    this.reset();
  }

  /** Compile a scene, for `controlHz` actions a second. Throws MuJoCo's message if it is invalid. */
  static fromXml(mujoco: MainModule, xml: Uint8Array, controlHz: number): Physics {
    // A file, not MjVFS: its addBuffer copies byte by byte and takes seconds for large assets.
    mujoco.FS.writeFile("/scene.xml", xml);
    const model = mujoco.MjModel.from_xml_path("/scene.xml");
    return new Physics(mujoco, model, new mujoco.MjData(model), controlHz);
  }

  get nu(): number {
    return this.model.nu;
  }

  get time(): number {
    return this.data.time;
  }

  qpos(): Float64Array {
    return Float64Array.from(this.data.qpos as Float64Array);
  }

  qvel(): Float64Array {
    return Float64Array.from(this.data.qvel as Float64Array);
  }

  ctrl(): Float64Array {
    return Float64Array.from(this.data.ctrl as Float64Array);
  }

  /** Back to the home keyframe, actuator targets included; to the joints' zero without one. */
  reset(): void {
    if (this.model.nkey > HOME_KEY) {
      this.mujoco.mj_resetDataKeyframe(this.model, this.data, HOME_KEY);
    } else {
      this.mujoco.mj_resetData(this.model, this.data);
    }
    this.mujoco.mj_forward(this.model, this.data);
  }

  /** One control step with the given actuator targets, or with those already set. */
  step(ctrl: Float32Array | null): void {
    if (ctrl !== null) (this.data.ctrl as Float64Array).set(ctrl);
    for (let i = 0; i < this.substeps; i += 1) {
      this.applyPush();
      this.blow.apply(this.data, this.push === null);
      this.mujoco.mj_step(this.model, this.data);
    }
  }

  /** Show a recorded pose without simulating. */
  pose(qpos: number[]): void {
    (this.data.qpos as Float64Array).set(qpos);
    this.mujoco.mj_kinematics(this.model, this.data);
  }

  /** What `goOn` needs to go on from here. */
  leave(): Left {
    return { time: this.time, qpos: this.qpos(), qvel: this.qvel(), ctrl: this.ctrl() };
  }

  goOn({ time, qpos, qvel, ctrl }: Left): void {
    this.data.time = time;
    (this.data.qpos as Float64Array).set(qpos);
    (this.data.qvel as Float64Array).set(qvel);
    (this.data.ctrl as Float64Array).set(ctrl);
    this.mujoco.mj_forward(this.model, this.data);
  }

  setPush(push: Push | null): void {
    this.push = push;
    if (push !== null) return;
    this.pushedCentre = null;
    (this.data.xfrc_applied as Float64Array).fill(0);
  }

  /** A blow to a body, worth a speed of the whole robot, from its right at 90° and so on. */
  shove(body: number, direction: number): void {
    this.blow.begin(this.data, body, direction, this.mass);
  }

  setTrouble(body: number, trouble: Trouble | null): void {
    this.troubles.set(body, trouble);
  }

  get pushed(): boolean {
    return this.push !== null;
  }

  isFinite(): boolean {
    return (this.data.qpos as Float64Array).every((value) => Number.isFinite(value));
  }

  /** Cosine between the up axis of the robot's root and the world's. */
  upright(): number {
    return (this.data.xmat as Float64Array)[9 * this.scene.root.body + 8] ?? 1;
  }

  /** Position and quaternion of each body as the last step left them, `[nbody * 7]`. */
  poses(): Float32Array {
    const positions = this.data.xpos as Float64Array;
    const quaternions = this.data.xquat as Float64Array;
    const bodies = this.model.nbody;
    const out = new Float32Array(7 * bodies);
    for (let body = 0; body < bodies; body += 1) {
      for (let i = 0; i < 3; i += 1) out[7 * body + i] = positions[3 * body + i] ?? 0;
      for (let i = 0; i < 4; i += 1) out[7 * body + 3 + i] = quaternions[4 * body + i] ?? 0;
    }
    return out;
  }

  /** Where the scene's sites were as the last step left them, `[nsite * 3]`. */
  sites(): Float64Array {
    return Float64Array.from(this.data.site_xpos as Float64Array);
  }

  dispose(): void {
    this.data.delete();
    this.model.delete();
  }

  /** A damped spring from the grabbed point to the mouse, as force and torque at the body's COM. */
  private applyPush(): void {
    const { push, data } = this;
    if (push === null) return;
    const at = 3 * push.body;
    const matrix = (data.xmat as Float64Array).slice(9 * push.body, 9 * push.body + 9);
    const origin = (data.xpos as Float64Array).slice(at, at + 3);
    const centre = (data.xipos as Float64Array).slice(at, at + 3);
    const point = add(origin, rotate(matrix, push.point));
    const arm = subtract(point, centre);
    // Damped by the whole robot's motion, not by the grabbed body's: that may be a light one.
    const velocity = this.centreVelocity();
    let force = subtract(push.target, point).map(
      (way, i) =>
        this.mass * (PUSH_STIFFNESS_PER_KG * way - PUSH_DAMPING_PER_KG * (velocity[i] ?? 0)),
    ) as Vector;
    const size = Math.hypot(...force);
    const limit = PUSH_LIMIT_PER_KG * this.mass;
    if (size > limit) force = force.map((value) => (value * limit) / size) as Vector;
    const applied = data.xfrc_applied as Float64Array;
    applied.fill(0);
    applied.set([...force, ...cross(arm, force)], 6 * push.body);
  }

  /** Velocity of the moving parts' centre of mass since the last time step, m/s. */
  private centreVelocity(): Vector {
    const positions = this.data.xipos as Float64Array;
    const centre = [0, 0, 0] as Vector;
    this.masses.forEach((mass, body) => {
      for (let i = 0; i < 3; i += 1) {
        centre[i] = (centre[i] ?? 0) + (mass * (positions[3 * body + i] ?? 0)) / this.mass;
      }
    });
    const before = this.pushedCentre ?? centre;
    this.pushedCentre = centre;
    const moved = subtract(centre, before);
    return moved.map((way) => way / this.model.opt.timestep) as Vector;
  }
}

function sum(values: ArrayLike<number>): number {
  return Array.from(values).reduce((total, value) => total + value, 0);
}

function add(a: ArrayLike<number>, b: ArrayLike<number>): Vector {
  return [0, 1, 2].map((i) => (a[i] ?? 0) + (b[i] ?? 0)) as Vector;
}

function subtract(a: ArrayLike<number>, b: ArrayLike<number>): Vector {
  return [0, 1, 2].map((i) => (a[i] ?? 0) - (b[i] ?? 0)) as Vector;
}

function rotate(matrix: ArrayLike<number>, v: Vector): Vector {
  return [0, 1, 2].map(
    (row) =>
      (matrix[3 * row] ?? 0) * v[0] +
      (matrix[3 * row + 1] ?? 0) * v[1] +
      (matrix[3 * row + 2] ?? 0) * v[2],
  ) as Vector;
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}
