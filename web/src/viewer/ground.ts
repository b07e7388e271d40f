import type { Object3D } from "three";
import {
  BoxGeometry,
  BufferAttribute,
  BufferGeometry,
  CanvasTexture,
  Color,
  EdgesGeometry,
  Group,
  LineBasicMaterial,
  LineSegments,
  Mesh,
  MeshStandardMaterial,
  RepeatWrapping,
  SRGBColorSpace,
} from "three";
import type { Block, GroundInfo, HeightField } from "@/sim/ground";
import type { Palette } from "./palette";

export const TILE_M = 1;
/** Below this friction the floor shines like ice. */
const SLIPPERY = 0.5;
const ICE = new Color("#a9dcff");
/** How much darker the lowest and lighter the highest of a ground is. */
const [LOW, HIGH] = [0.45, 1.5];

/** What the floor's texture is multiplied with. */
export function floorTint(palette: Palette, shadowed: boolean, friction: number): Color {
  const color = new Color(palette.tint[shadowed ? 0 : 1]);
  return friction < SLIPPERY ? color.lerp(ICE, 0.75) : color;
}

/** What the floor is made of, at first without shadows; `repeats` are the metres that its texture coordinates span. */
export function floorMaterial(
  palette: Palette,
  friction: number,
  repeats: number,
): MeshStandardMaterial {
  const texture = gridTexture(palette.floor);
  texture.repeat.set(repeats / TILE_M, repeats / TILE_M);
  const ice = friction < SLIPPERY;
  return new MeshStandardMaterial({
    map: texture,
    roughness: ice ? 0.18 : 0.95,
    metalness: ice ? 0.1 : 0,
    envMapIntensity: ice ? 1.2 : 0.1,
    color: floorTint(palette, false, friction),
  });
}

/** Bumps and steps, which stay where they are while the floor goes along with the robot. */
export function groundObjects(
  ground: GroundInfo,
  palette: Palette,
  material: MeshStandardMaterial,
): Object3D {
  const group = new Group();
  material.vertexColors = true;
  if (ground.field !== null) {
    const bumps = new Mesh(fieldGeometry(ground.field), material);
    bumps.position.z = ground.level;
    group.add(bumps);
  }
  const top = Math.max(...ground.blocks.map(({ position, size }) => position[2] + size[2]), 0.01);
  for (const block of ground.blocks) {
    const geometry = blockGeometry(block, top);
    const box = new Mesh(geometry, material);
    const edges = new LineSegments(
      new EdgesGeometry(geometry),
      new LineBasicMaterial({ color: palette.floor[1] }),
    );
    box.add(edges);
    box.position.set(...block.position);
    group.add(box);
  }
  group.traverse((one) => {
    one.receiveShadow = true;
    one.castShadow = one instanceof Mesh && ground.field === null;
  });
  return group;
}

function fieldGeometry({ rows, columns, half, heights }: HeightField): BufferGeometry {
  const count = rows * columns;
  const [places, spots, colors] = [3, 2, 3].map((width) => new Float32Array(width * count)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const highest = heights.reduce((most, height) => Math.max(most, height), 1e-6);
  for (let at = 0; at < count; at += 1) {
    const x = half[0] * ((2 * (at % columns)) / (columns - 1) - 1);
    const y = half[1] * ((2 * Math.floor(at / columns)) / (rows - 1) - 1);
    const height = heights[at] ?? 0;
    places.set([x, y, height], 3 * at);
    spots.set([x, y], 2 * at);
    colors.fill(shade(height / highest), 3 * at, 3 * at + 3);
  }
  const corners: number[] = [];
  for (let row = 0; row < rows - 1; row += 1) {
    for (let column = 0; column < columns - 1; column += 1) {
      const here = row * columns + column;
      const beyond = here + columns + 1;
      corners.push(here, here + 1, beyond, here, beyond, here + columns);
    }
  }
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(places, 3));
  geometry.setAttribute("uv", new BufferAttribute(spots, 2));
  geometry.setAttribute("color", new BufferAttribute(colors, 3));
  geometry.setIndex(corners);
  geometry.computeVertexNormals();
  return geometry;
}

/** A box with a metre's grid on it, lighter the higher it is. */
function blockGeometry({ size: [x, y, z], position }: Block, top: number): BoxGeometry {
  const geometry = new BoxGeometry(2 * x, 2 * y, 2 * z);
  const places = geometry.getAttribute("position");
  const spots = geometry.getAttribute("uv");
  const normals = geometry.getAttribute("normal");
  const colors = new Float32Array(3 * places.count);
  const tone = shade((position[2] + z) / top);
  for (let at = 0; at < places.count; at += 1) {
    const level = Math.abs(normals.getZ(at)) > 0.5;
    const along = Math.abs(normals.getX(at)) > 0.5 ? places.getY(at) : places.getX(at);
    spots.setXY(at, along + position[0], level ? places.getY(at) : places.getZ(at));
    colors.fill(tone, 3 * at, 3 * at + 3);
  }
  geometry.setAttribute("color", new BufferAttribute(colors, 3));
  return geometry;
}

function shade(share: number): number {
  return LOW + (HIGH - LOW) * Math.min(Math.max(share, 0), 1);
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
  return texture;
}
