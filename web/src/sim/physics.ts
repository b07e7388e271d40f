import type { MainModule, MjData, MjModel } from "@mujoco/mujoco";
import type { GeomInfo, Push, SceneInfo } from "./messages";

/** 50 Hz control over MuJoCo's own time step. */
export const CONTROL_DT = 0.02;

const OBJECT_BODY = 1;
const OBJECT_GEOM = 5;
const HOME_KEY = 0;
// A pull of the mouse: stiff enough to follow, soft and bounded enough that nothing explodes.
const PUSH_STIFFNESS_PER_KG = 14;
const PUSH_DAMPING_PER_KG = 2.5;
const PUSH_LIMIT_PER_KG = 9;

type Vector = [number, number, number];

/**
 * One robot in MuJoCo's WebAssembly build.
 *
 * Heap growth detaches typed arrays, so `data.qpos` and the like are read afresh on every use and
 * whatever leaves this class is a copy.
 */
export class Physics {
  private readonly substeps: number;
  private push: Push | null = null;
  readonly mass: number;

  private constructor(
    private readonly mujoco: MainModule,
    private readonly model: MjModel,
    private readonly data: MjData,
  ) {
    this.substeps = Math.round(CONTROL_DT / model.opt.timestep);
    this.mass = sum(model.body_mass as Float64Array);
    this.reset();
  }

  /** Compile a scene. Throws with MuJoCo's own message if it is invalid. */
  static fromXml(mujoco: MainModule, xml: Uint8Array): Physics {
    // A file, not MjVFS: its addBuffer copies byte by byte and takes seconds for large assets.
    mujoco.FS.writeFile("/scene.xml", xml);
    const model = mujoco.MjModel.from_xml_path("/scene.xml");
    return new Physics(mujoco, model, new mujoco.MjData(model));
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

  /** Back to the home keyframe, actuator targets included. */
  reset(): void {
    this.mujoco.mj_resetDataKeyframe(this.model, this.data, HOME_KEY);
    this.mujoco.mj_forward(this.model, this.data);
  }

  /** One control step with the given actuator targets, or with those already set. */
  step(ctrl: Float32Array | null): void {
    if (ctrl !== null) (this.data.ctrl as Float64Array).set(ctrl);
    for (let i = 0; i < this.substeps; i += 1) {
      this.applyPush();
      this.mujoco.mj_step(this.model, this.data);
    }
  }

  /** Show a recorded pose without simulating. */
  pose(qpos: number[]): void {
    (this.data.qpos as Float64Array).set(qpos);
    this.mujoco.mj_kinematics(this.model, this.data);
  }

  setPush(push: Push | null): void {
    this.push = push;
    if (push === null) (this.data.xfrc_applied as Float64Array).fill(0);
  }

  get pushed(): boolean {
    return this.push !== null;
  }

  isFinite(): boolean {
    return (this.data.qpos as Float64Array).every((value) => Number.isFinite(value));
  }

  /** Cosine between the trunk's up axis and the world's. */
  upright(): number {
    return (this.data.xmat as Float64Array)[9 + 8] ?? 1;
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

  describe(): SceneInfo {
    const { model, mujoco } = this;
    const bodyNames = Array.from({ length: model.nbody }, (_, body) =>
      mujoco.mj_id2name(model, OBJECT_BODY, body),
    );
    const geoms = Array.from({ length: model.ngeom }, (_, geom) => this.describeGeom(geom));
    return { bodyNames, geoms, nq: model.nq, timestep: model.opt.timestep, mass: this.mass };
  }

  dispose(): void {
    this.data.delete();
    this.model.delete();
  }

  private describeGeom(geom: number): GeomInfo {
    const { model } = this;
    const row = (array: unknown, width: number): number[] =>
      Array.from((array as Float64Array).slice(width * geom, width * geom + width));
    const material = (model.geom_matid as Int32Array)[geom] ?? -1;
    const rgba =
      material < 0
        ? row(model.geom_rgba, 4)
        : Array.from((model.mat_rgba as Float32Array).slice(4 * material, 4 * material + 4));
    return {
      name: this.mujoco.mj_id2name(model, OBJECT_GEOM, geom),
      body: (model.geom_bodyid as Int32Array)[geom] ?? 0,
      type: (model.geom_type as Int32Array)[geom] ?? 0,
      group: (model.geom_group as Int32Array)[geom] ?? 0,
      size: row(model.geom_size, 3) as GeomInfo["size"],
      position: row(model.geom_pos, 3) as GeomInfo["position"],
      quaternion: row(model.geom_quat, 4) as GeomInfo["quaternion"],
      rgba: rgba as GeomInfo["rgba"],
    };
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
    const trunk = (data.qvel as Float64Array).slice(0, 3);
    let force: Vector = [0, 1, 2].map(
      (i) =>
        this.mass *
        (PUSH_STIFFNESS_PER_KG * ((push.target[i] ?? 0) - (point[i] ?? 0)) -
          PUSH_DAMPING_PER_KG * (trunk[i] ?? 0)),
    ) as Vector;
    const size = Math.hypot(...force);
    const limit = PUSH_LIMIT_PER_KG * this.mass;
    if (size > limit) force = force.map((value) => (value * limit) / size) as Vector;
    const applied = data.xfrc_applied as Float64Array;
    applied.fill(0);
    applied.set([...force, ...cross(arm, force)], 6 * push.body);
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
