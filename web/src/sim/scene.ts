import type { MainModule, MjModel } from "@mujoco/mujoco";
import { describeGround } from "./ground";
import type { GeomInfo, JointInfo, RootInfo, SceneInfo, Shape, SiteInfo } from "./messages";

type Ints = Int32Array;

/** What viewer and figures must know of a compiled scene, whatever robot it holds. */
export function describeScene(mujoco: MainModule, model: MjModel): SceneInfo {
  const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
  const body = mujoco.mjtObj.mjOBJ_BODY.value;
  const geoms = range(model.ngeom).map((geom) => describeGeom(mujoco, model, geom));
  const root = findRoot(mujoco, model);
  return {
    bodyNames: range(model.nbody).map((index) => mujoco.mj_id2name(model, body, index)),
    geoms,
    joints: describeJoints(mujoco, model),
    sites: range(model.nsite).map((site) => describeSite(mujoco, model, site)),
    root,
    ground: describeGround(mujoco, model, root.qposAdr !== null),
    nq: model.nq,
  };
}

/**
 * The body that stands for the robot: that of the free joint where there is one, else the first
 * child of the world that has joints, or whose children have.
 */
export function findRoot(mujoco: MainModule, model: MjModel): RootInfo {
  const types = Array.from(model.jnt_type as Ints);
  const bodies = Array.from(model.jnt_bodyid as Ints);
  const free = types.indexOf(mujoco.mjtJoint.mjJNT_FREE.value);
  const floating = bodies[free];
  if (floating !== undefined) {
    return { body: floating, qposAdr: (model.jnt_qposadr as Ints)[free] ?? null, plane: null };
  }
  const trees = bodies.map((body) => (model.body_rootid as Ints)[body] ?? 0);
  const body = trees.length > 0 ? Math.min(...trees) : 0;
  return { body, qposAdr: null, plane: findPlane(mujoco, model, body) };
}

/** A root on two slides and a hinge moves in the plane of x and z. */
function findPlane(mujoco: MainModule, model: MjModel, body: number): RootInfo["plane"] {
  const { mjJNT_HINGE, mjJNT_SLIDE } = mujoco.mjtJoint;
  const types = Array.from(model.jnt_type as Ints);
  const own = Array.from(model.jnt_bodyid as Ints).flatMap((of, joint) =>
    of === body ? joint : [],
  );
  const expected = [mjJNT_SLIDE.value, mjJNT_SLIDE.value, mjJNT_HINGE.value];
  if (own.length !== 3 || own.some((joint, index) => types[joint] !== expected[index])) return null;
  const [x, z, pitch] = own.map((joint) => (model.jnt_qposadr as Ints)[joint] ?? 0);
  return { x: x as number, z: z as number, pitch: pitch as number };
}

/** The joints that one number of the state tells. */
function describeJoints(mujoco: MainModule, model: MjModel): JointInfo[] {
  const { mjJNT_HINGE, mjJNT_SLIDE } = mujoco.mjtJoint;
  const scalar: number[] = [mjJNT_HINGE.value, mjJNT_SLIDE.value];
  return Array.from(model.jnt_type as Ints).flatMap((type, joint) =>
    scalar.includes(type)
      ? [
          {
            name: mujoco.mj_id2name(model, mujoco.mjtObj.mjOBJ_JOINT.value, joint),
            qposAdr: (model.jnt_qposadr as Ints)[joint] ?? 0,
          },
        ]
      : [],
  );
}

function describeSite(mujoco: MainModule, model: MjModel, site: number): SiteInfo {
  const positions = model.site_pos as Float64Array;
  return {
    name: mujoco.mj_id2name(model, mujoco.mjtObj.mjOBJ_SITE.value, site),
    body: (model.site_bodyid as Ints)[site] ?? 0,
    position: Array.from(positions.slice(3 * site, 3 * site + 3)) as SiteInfo["position"],
  };
}

function describeGeom(mujoco: MainModule, model: MjModel, geom: number): GeomInfo {
  const row = (array: unknown, width: number): number[] =>
    Array.from((array as Float64Array).slice(width * geom, width * geom + width));
  const material = (model.geom_matid as Ints)[geom] ?? -1;
  const rgba =
    material < 0
      ? row(model.geom_rgba, 4)
      : Array.from((model.mat_rgba as Float32Array).slice(4 * material, 4 * material + 4));
  return {
    body: (model.geom_bodyid as Ints)[geom] ?? 0,
    shape: shapeOf(mujoco, (model.geom_type as Ints)[geom] ?? -1),
    group: (model.geom_group as Ints)[geom] ?? 0,
    size: row(model.geom_size, 3) as GeomInfo["size"],
    position: row(model.geom_pos, 3) as GeomInfo["position"],
    quaternion: row(model.geom_quat, 4) as GeomInfo["quaternion"],
    rgba: rgba as GeomInfo["rgba"],
  };
}

function shapeOf({ mjtGeom }: MainModule, type: number): Shape {
  switch (type) {
    case mjtGeom.mjGEOM_PLANE.value:
      return "plane";
    case mjtGeom.mjGEOM_SPHERE.value:
      return "sphere";
    case mjtGeom.mjGEOM_CAPSULE.value:
      return "capsule";
    case mjtGeom.mjGEOM_ELLIPSOID.value:
      return "ellipsoid";
    case mjtGeom.mjGEOM_CYLINDER.value:
      return "cylinder";
    case mjtGeom.mjGEOM_BOX.value:
      return "box";
    default:
      return "other";
  }
}
