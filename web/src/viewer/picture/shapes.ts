import type { BufferGeometry } from "three";
import {
  BoxGeometry,
  CapsuleGeometry,
  Color,
  CylinderGeometry,
  MeshStandardMaterial,
  SphereGeometry,
} from "three";
import type { GeomInfo } from "@/sim/messages";

/** What a robot's primitives are made of: most are alike, on four legs, and share it. */
export class Shapes {
  private readonly geometries = new Map<string, BufferGeometry | null>();
  private readonly materials = new Map<string, MeshStandardMaterial>();

  /** Null of a shape that is none of MuJoCo's solids. */
  geometry(geom: GeomInfo): BufferGeometry | null {
    return kept(this.geometries, `${geom.shape} ${geom.size}`, () => primitive(geom));
  }

  material({ rgba }: GeomInfo): MeshStandardMaterial {
    return kept(this.materials, `${rgba}`, () => paint(rgba));
  }
}

function kept<Value>(all: Map<string, Value>, key: string, make: () => Value): Value {
  const had = all.get(key);
  if (had !== undefined) return had;
  const made = make();
  all.set(key, made);
  return made;
}

function paint([r, g, b]: GeomInfo["rgba"]): MeshStandardMaterial {
  const dark = r + g + b < 0.9;
  return new MeshStandardMaterial({
    color: new Color().setRGB(r, g, b, "srgb"),
    roughness: dark ? 0.55 : 0.35,
    metalness: dark ? 0.25 : 0.15,
  });
}

/** MuJoCo's capsules and cylinders lie along z, three's along y. */
function primitive({ shape, size: [a, b, c] }: GeomInfo): BufferGeometry | null {
  switch (shape) {
    case "sphere":
      return new SphereGeometry(a, 24, 16);
    case "capsule":
      return new CapsuleGeometry(a, 2 * b, 8, 20).rotateX(Math.PI / 2);
    case "ellipsoid":
      return new SphereGeometry(1, 24, 16).scale(a, b, c);
    case "cylinder":
      return new CylinderGeometry(a, a, 2 * b, 28).rotateX(Math.PI / 2);
    case "box":
      return new BoxGeometry(2 * a, 2 * b, 2 * c);
    default:
      return null;
  }
}
