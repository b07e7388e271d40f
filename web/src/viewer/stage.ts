import type { Object3D, WebGLRenderer } from "three";
import {
  CanvasTexture,
  CircleGeometry,
  Color,
  DirectionalLight,
  FogExp2,
  HemisphereLight,
  Mesh,
  MeshStandardMaterial,
  PMREMGenerator,
  RepeatWrapping,
  Scene,
  SRGBColorSpace,
  Vector3,
} from "three";
import { RoomEnvironment } from "three/examples/jsm/environments/RoomEnvironment.js";
import type { Palette } from "./palette";

const FLOOR_RADIUS = 24;
const TILE_M = 1;
const FOG_TIMES_DISTANCE = 0.5;
/** Half the width of what is shadowed, and the place of the sun, in distances of the camera. */
const SHADOW_SHARE = 0.88;
const SUN = new Vector3(0.75, -1, 2.1);

/** Lights and floor; both go along with the robot, so the world has no edge. */
export class Stage {
  readonly scene = new Scene();
  private readonly fog: FogExp2;
  private readonly floor: Mesh;
  private readonly sun: DirectionalLight;

  /**
   * `distance` is that of the camera at first, metres: it tells how large the robot is. `height` is
   * that of the floor.
   */
  constructor(
    shadows: boolean,
    private readonly distance: number,
    private readonly height: number,
    palette: Palette,
  ) {
    const plain = shadows ? 0 : 1;
    this.fog = new FogExp2(palette.background, 0.3);
    this.scene.background = new Color(palette.background);
    this.scene.fog = this.fog;
    this.scene.add(new HemisphereLight("#dbe9ff", "#39404c", palette.ambient[plain]));

    this.sun = new DirectionalLight("#fff4e2", 3);
    this.sun.castShadow = shadows;
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

    this.floor = new Mesh(
      new CircleGeometry(FLOOR_RADIUS, 64),
      new MeshStandardMaterial({
        map: gridTexture(palette.floor),
        roughness: 0.95,
        metalness: 0,
        envMapIntensity: 0.1,
        color: palette.tint[plain],
      }),
    );
    this.floor.receiveShadow = true;
    this.scene.add(this.floor);
  }

  /** Soft light from a plain room, so that dark shells keep their shape. */
  addReflections(renderer: WebGLRenderer): void {
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
    this.sun.position.set(x, y, 0).addScaledVector(SUN, this.distance);
    this.sun.target.position.set(x, y, 0.1 * this.distance);
    const tile = (along: number): number => TILE_M * Math.round(along / TILE_M);
    this.floor.position.set(tile(x), tile(y), this.height);
  }
}

/** One square metre: a strong line around, a faint one every quarter. */
function gridTexture([ground, strong, faint]: Palette["floor"]): CanvasTexture {
  const size = 512;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d");
  if (context !== null) {
    context.fillStyle = ground;
    context.fillRect(0, 0, size, size);
    for (let quarter = 0; quarter < 4; quarter += 1) {
      const metre = quarter === 0;
      context.fillStyle = metre ? strong : faint;
      const width = metre ? 5 : 3;
      const at = (size * quarter) / 4;
      context.fillRect(at, 0, width, size);
      context.fillRect(0, at, size, width);
    }
  }
  const texture = new CanvasTexture(canvas);
  texture.colorSpace = SRGBColorSpace;
  texture.wrapS = texture.wrapT = RepeatWrapping;
  // A circle's texture coordinates span its diameter; whole metres meet at the centre.
  texture.repeat.set((2 * FLOOR_RADIUS) / TILE_M, (2 * FLOOR_RADIUS) / TILE_M);
  texture.anisotropy = 8;
  return texture;
}
