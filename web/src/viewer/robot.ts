import type { Object3D } from "three";
import { Group, Mesh, Quaternion, Vector3 } from "three";
import { MeshoptDecoder } from "three/examples/jsm/libs/meshopt_decoder.module.js";
import { GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js";
import { fetchFile } from "@/api/client";
import type { GeomInfo, SceneInfo, SiteInfo } from "@/sim/messages";
import { Shapes } from "./picture/shapes";

/** Geom groups above this one are for collisions and sites. */
const LAST_VISIBLE_GROUP = 2;
const FLOATS_PER_POSE = 7;

/** A robot on the screen: one group per body of the scene, moved by the simulation's poses. */
export class RobotView {
  readonly root = new Group();
  /** The body that cameras look at. */
  readonly base: Object3D;
  private readonly bodies: Group[];
  private readonly shapes = new Shapes();

  constructor(scene: SceneInfo) {
    this.bodies = scene.bodyNames.map((name, index) => {
      const group = new Group();
      group.name = name;
      group.userData.body = index;
      this.root.add(group);
      return group;
    });
    this.base = this.bodies[scene.root.body] ?? this.root;
    // The ground, of which boxes may be a part, is the stage's.
    const grounded = scene.root.qposAdr !== null;
    for (const geom of scene.geoms) {
      if (!grounded || geom.body !== 0) this.addPrimitive(geom);
    }
  }

  /**
   * Replace primitives by meshes: a GLB whose nodes are named like the bodies, in their frames.
   * Bodies that the file does not name keep their primitives. They are fetched at once, and unpacked,
   * which keeps the page busy, after `calm`; they are shown once `prepared`. Rejects if they cannot be
   * loaded.
   */
  async loadMeshes(
    url: string,
    calm?: Promise<void>,
    prepared?: (meshes: Object3D) => Promise<void>,
  ): Promise<void> {
    const loader = new GLTFLoader();
    loader.setMeshoptDecoder(MeshoptDecoder);
    const file = await (await fetchFile(url)).arrayBuffer();
    await calm;
    const { scene } = await loader.parseAsync(file, "");
    await prepared?.(scene);
    for (const body of this.bodies) {
      const node = scene.getObjectByName(body.name);
      if (node === undefined) continue;
      body.clear();
      node.position.set(0, 0, 0);
      node.quaternion.identity();
      body.add(node);
      node.traverse(finish);
    }
  }

  /** Poses between two frames; `share` is 0 at the earlier and 1 at the later. */
  place(earlier: Float32Array, later: Float32Array, share: number): void {
    this.bodies.forEach((body, index) => {
      const at = FLOATS_PER_POSE * index;
      const mix = (i: number): number => {
        const from = earlier[at + i] ?? 0;
        return from + share * ((later[at + i] ?? 0) - from);
      };
      body.position.set(mix(0), mix(1), mix(2));
      // Two frames lie 20 ms apart: a normalised linear mix is as good as a slerp.
      const sign = dot4(earlier, later, at + 3) < 0 ? -1 : 1;
      const turn = (i: number): number =>
        (1 - share) * (earlier[at + i] ?? 0) + share * sign * (later[at + i] ?? 0);
      body.quaternion.set(turn(4), turn(5), turn(6), turn(3)).normalize();
    });
  }

  body(index: number): Object3D | undefined {
    return this.bodies[index];
  }

  /** Where a place of a body was in a frame's poses. */
  static placeOf({ body, position }: Omit<SiteInfo, "name">, poses: Float32Array): Vector3 {
    const at = FLOATS_PER_POSE * body;
    const [x, y, z, qw, qx, qy, qz] = poses.subarray(at, at + FLOATS_PER_POSE);
    return new Vector3(...position)
      .applyQuaternion(new Quaternion(qx, qy, qz, qw))
      .add(new Vector3(x, y, z));
  }

  private addPrimitive(geom: GeomInfo): void {
    // The stage has a floor of its own.
    if (geom.shape === "plane" || geom.group > LAST_VISIBLE_GROUP) return;
    const geometry = this.shapes.geometry(geom);
    if (geometry === null) return;
    const mesh = new Mesh(geometry, this.shapes.material(geom));
    mesh.position.set(...geom.position);
    const [w, x, y, z] = geom.quaternion;
    mesh.quaternion.set(x, y, z, w);
    finish(mesh);
    this.bodies[geom.body]?.add(mesh);
  }
}

function finish(object: Object3D): void {
  object.castShadow = true;
  object.receiveShadow = true;
}

function dot4(a: Float32Array, b: Float32Array, at: number): number {
  let total = 0;
  for (let i = at; i < at + 4; i += 1) total += (a[i] ?? 0) * (b[i] ?? 0);
  return total;
}
