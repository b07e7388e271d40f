/** The ground that a robot moves about on, as the compiled scene has it. */
import type { MainModule, MjModel } from "@mujoco/mujoco";

type Ints = Int32Array;
type Vector = [number, number, number];

/** Heights over a rectangle about the origin, row by row along y, each along x. */
export interface HeightField {
  rows: number;
  columns: number;
  /** Half lengths along x and y, metres. */
  half: [number, number];
  /** Of the points, metres above the floor. */
  heights: Float32Array;
}

/** A box that does not move, its edges along the axes of the world. */
export interface Block {
  position: Vector;
  /** Half lengths. */
  size: Vector;
}

export interface GroundInfo {
  /** Out of the floor, which goes through the origin at `level`. */
  normal: Vector;
  level: number;
  /** Sliding friction. */
  friction: number;
  field: HeightField | null;
  blocks: Block[];
}

const LAST_VISIBLE_GROUP = 2;

/** The ground of a scene; its boxes belong to it only where the robot moves about. */
export function describeGround(mujoco: MainModule, model: MjModel, moves: boolean): GroundInfo {
  const { mjGEOM_PLANE, mjGEOM_HFIELD, mjGEOM_BOX } = mujoco.mjtGeom;
  const types = Array.from(model.geom_type as Ints);
  const fixed = types.flatMap((type, geom) =>
    (model.geom_bodyid as Ints)[geom] === 0 ? [{ type, geom }] : [],
  );
  const of = (kind: number): number[] =>
    fixed.filter(({ type }) => type === kind).map(({ geom }) => geom);
  const row = (array: unknown, geom: number, width: number): number[] =>
    Array.from((array as Float64Array).slice(width * geom, width * geom + width));
  const height = (geom: number): number => row(model.geom_pos, geom, 3)[2] ?? 0;
  const floor = of(mjGEOM_PLANE.value).sort((a, b) => height(a) - height(b))[0];
  const [field] = of(mjGEOM_HFIELD.value);
  const boxes = of(mjGEOM_BOX.value).filter(
    (geom) => ((model.geom_group as Ints)[geom] ?? 0) <= LAST_VISIBLE_GROUP,
  );
  return {
    normal: floor === undefined ? [0, 0, 1] : upOf(row(model.geom_quat, floor, 4)),
    level: floor === undefined ? 0 : Math.min(height(floor), 0),
    friction: floor === undefined ? 1 : (row(model.geom_friction, floor, 3)[0] ?? 1),
    field: field === undefined ? null : fieldOf(model, (model.geom_dataid as Ints)[field] ?? 0),
    blocks: moves
      ? boxes.map((geom) => ({
          position: row(model.geom_pos, geom, 3) as Vector,
          size: row(model.geom_size, geom, 3) as Vector,
        }))
      : [],
  };
}

/** How high the ground is at a place, metres. */
export function groundHeight({ normal, level, field, blocks }: GroundInfo, x: number, y: number) {
  const [nx, ny, nz] = normal;
  let height = level - (nx * x + ny * y) / nz;
  if (field !== null) height = Math.max(height, level + fieldHeight(field, x, y));
  for (const { position, size } of blocks) {
    const beside = Math.abs(x - position[0]) > size[0] || Math.abs(y - position[1]) > size[1];
    if (!beside) height = Math.max(height, position[2] + size[2]);
  }
  return height;
}

/** Cells are parted from the corner where x and y are least to the opposite one, as MuJoCo does. */
function fieldHeight({ rows, columns, half, heights }: HeightField, x: number, y: number): number {
  const across = ((x + half[0]) / (2 * half[0])) * (columns - 1);
  const along = ((y + half[1]) / (2 * half[1])) * (rows - 1);
  if (across < 0 || along < 0 || across > columns - 1 || along > rows - 1) return 0;
  const column = Math.min(Math.floor(across), columns - 2);
  const row = Math.min(Math.floor(along), rows - 2);
  const [u, v] = [across - column, along - row];
  const at = (r: number, c: number): number => heights[(row + r) * columns + column + c] ?? 0;
  const [here, beyond] = [at(0, 0), at(1, 1)];
  if (u >= v) return here + u * (at(0, 1) - here) + v * (beyond - at(0, 1));
  return here + u * (beyond - at(1, 0)) + v * (at(1, 0) - here);
}

function fieldOf(model: MjModel, id: number): HeightField {
  const rows = (model.hfield_nrow as Ints)[id] ?? 0;
  const columns = (model.hfield_ncol as Ints)[id] ?? 0;
  const [x = 1, y = 1, top = 0] = Array.from(
    (model.hfield_size as Float64Array).slice(4 * id, 4 * id + 3),
  );
  const begin = (model.hfield_adr as Ints)[id] ?? 0;
  const shares = (model.hfield_data as Float32Array).slice(begin, begin + rows * columns);
  return { rows, columns, half: [x, y], heights: shares.map((share) => top * share) };
}

/** The z axis of a frame, from its quaternion `w x y z`. */
function upOf(quaternion: number[]): Vector {
  const [w = 1, x = 0, y = 0, z = 0] = quaternion;
  return [2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)];
}
