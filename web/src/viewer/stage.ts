import type { MeshStandardMaterial, Object3D, WebGLRenderer } from "three";
import {
  CircleGeometry,
  Color,
  DirectionalLight,
  FogExp2,
  HemisphereLight,
  Mesh,
  PMREMGenerator,
  Scene,
  Vector3,
} from "three";
import { RoomEnvironment } from "three/examples/jsm/environments/RoomEnvironment.js";
import { type GroundInfo, groundHeight } from "@/sim/ground";
import { floorMaterial, floorTint, groundObjects, TILE_M } from "./ground";
import type { Palette } from "./palette";

const FLOOR_RADIUS = 24;
const FOG_TIMES_DISTANCE = 0.5;
/** So sharp the floor is where it is seen at a low angle; on a slow machine most of a picture's time. */
const ANISOTROPY = 8;
/** Half the width of what is shadowed, and the place of the sun, in distances of the camera. */
const SHADOW_SHARE = 0.88;
const SUN = new Vector3(0.75, -1, 2.1);

/** Lights and floor; both go along with the robot, so the world has no edge. */
export class Stage {
  readonly scene = new Scene();
  private readonly fog: FogExp2;
  private readonly floor: Mesh;
  private readonly sun: DirectionalLight;
  private readonly ambient: HemisphereLight;
  private readonly materials: MeshStandardMaterial[];

  /**
   * Plain at first: without shadows or reflections. `distance` is that of the camera then, metres:
   * it tells how large the robot is.
   */
  constructor(
    private readonly distance: number,
    private readonly ground: GroundInfo,
    private readonly palette: Palette,
  ) {
    this.fog = new FogExp2(palette.background, 0.3);
    this.scene.background = new Color(palette.background);
    this.scene.fog = this.fog;
    this.ambient = new HemisphereLight("#dbe9ff", "#39404c", palette.ambient[1]);
    this.scene.add(this.ambient);

    this.sun = new DirectionalLight("#fff4e2", 3);
    this.sun.shadow.mapSize.set(2048, 2048);
    this.sun.shadow.bias = -0.0004;
    this.sun.shadow.normalBias = 0.012;
    this.sun.shadow.radius = 5;
    const box = this.sun.shadow.camera;
    const half = SHADOW_SHARE * distance;
    [box.left, box.right, box.top, box.bottom] = [-half, half, half, -half];
    [box.near, box.far] = [0.3 * distance, 5 * distance];
    const rim = new DirectionalLight("#bfe9ff", 1.2);
    rim.position.set(-3, 2.5, 1.8);
    this.scene.add(this.sun, this.sun.target, rim, rim.target);

    // A circle's texture coordinates span its diameter; whole metres meet at the centre.
    const level = floorMaterial(palette, ground.friction, 2 * FLOOR_RADIUS);
    const raised = floorMaterial(palette, ground.friction, 1);
    this.materials = [level, raised];
    this.floor = new Mesh(new CircleGeometry(FLOOR_RADIUS, 64), level);
    this.floor.receiveShadow = true;
    this.floor.quaternion.setFromUnitVectors(new Vector3(0, 0, 1), new Vector3(...ground.normal));
    this.scene.add(this.floor, groundObjects(ground, palette, raised));
  }

  /** Shadows, and soft light from a plain room, so that dark shells keep their shape. */
  refine(renderer: WebGLRenderer): void {
    this.sun.castShadow = true;
    this.ambient.intensity = this.palette.ambient[0];
    for (const { color, map } of this.materials) {
      color.copy(floorTint(this.palette, true, this.ground.friction));
      if (map === null) continue;
      map.anisotropy = ANISOTROPY;
      map.needsUpdate = true;
    }
    const generator = new PMREMGenerator(renderer);
    this.scene.environment = generator.fromScene(new RoomEnvironment(), 0.04).texture;
    this.scene.environmentIntensity = 0.45;
    generator.dispose();
  }

  /** Keep lights and floor around the robot, which the camera sees from a distance. */
  follow(target: Object3D, distance: number): void {
    // A pool of light whose edge keeps its place in the picture at any zoom.
    this.fog.density = FOG_TIMES_DISTANCE / Math.max(distance, 0.5 * this.distance);
    const { x, y } = target.position;
    const height = groundHeight(this.ground, x, y);
    this.sun.position.set(x, y, height).addScaledVector(SUN, this.distance);
    this.sun.target.position.set(x, y, height + 0.1 * this.distance);
    this.keepFloorBelow(x, y);
  }

  /** The floor goes along by whole tiles, in its own plane, so that its pattern stays in place. */
  private keepFloorBelow(x: number, y: number): void {
    const { normal, level } = this.ground;
    const height = -(normal[0] * x + normal[1] * y) / normal[2];
    const { quaternion, position } = this.floor;
    position.set(x, y, height).applyQuaternion(quaternion.clone().invert());
    const tile = (along: number): number => TILE_M * Math.round(along / TILE_M);
    position.set(tile(position.x), tile(position.y), 0).applyQuaternion(quaternion);
    position.z += level;
  }
}
