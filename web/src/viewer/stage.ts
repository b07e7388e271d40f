import {
  AmbientLight,
  CanvasTexture,
  CircleGeometry,
  Color,
  DirectionalLight,
  Fog,
  HemisphereLight,
  Mesh,
  MeshStandardMaterial,
  RepeatWrapping,
  Scene,
  SRGBColorSpace,
} from "three";
import type { Object3D } from "three";

export const BACKGROUND = "#0b0e13";
const FLOOR_RADIUS = 24;
const TILE_M = 1;

/** Lights and floor; both go along with the robot, so the world has no edge. */
export class Stage {
  readonly scene = new Scene();
  private readonly floor: Mesh;
  private readonly sun: DirectionalLight;

  constructor(shadows: boolean) {
    this.scene.background = new Color(BACKGROUND);
    this.scene.fog = new Fog(BACKGROUND, 4.5, 15);
    this.scene.add(new HemisphereLight("#cfe3ff", "#1a1d24", shadows ? 0.9 : 1.4));
    if (!shadows) this.scene.add(new AmbientLight("#ffffff", 0.4));

    this.sun = new DirectionalLight("#fff4e2", 2.6);
    this.sun.castShadow = shadows;
    this.sun.shadow.mapSize.set(2048, 2048);
    this.sun.shadow.bias = -0.0004;
    this.sun.shadow.normalBias = 0.012;
    this.sun.shadow.radius = 5;
    const box = this.sun.shadow.camera;
    [box.left, box.right, box.top, box.bottom, box.near, box.far] = [-1.4, 1.4, 1.4, -1.4, 0.5, 8];
    const rim = new DirectionalLight("#6ee7c8", 0.9);
    rim.position.set(-3, -2, 1.5);
    this.scene.add(this.sun, this.sun.target, rim, rim.target);

    this.floor = new Mesh(
      new CircleGeometry(FLOOR_RADIUS, 64),
      new MeshStandardMaterial({ map: gridTexture(), roughness: 0.92, metalness: 0 }),
    );
    this.floor.receiveShadow = true;
    this.scene.add(this.floor);
  }

  /** Keep lights and floor around a point of the ground. */
  follow(target: Object3D): void {
    const { x, y } = target.position;
    this.sun.position.set(x + 1.2, y - 1.6, 3.4);
    this.sun.target.position.set(x, y, 0.15);
    this.floor.position.set(TILE_M * Math.round(x / TILE_M), TILE_M * Math.round(y / TILE_M), 0);
  }
}

/** One square metre: a strong line around, a faint one every quarter. */
function gridTexture(): CanvasTexture {
  const size = 512;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d");
  if (context !== null) {
    context.fillStyle = "#171c24";
    context.fillRect(0, 0, size, size);
    for (let quarter = 0; quarter < 4; quarter += 1) {
      const strong = quarter === 0;
      context.fillStyle = strong ? "#3b4655" : "#222933";
      const width = strong ? 5 : 3;
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
