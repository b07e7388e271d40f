import { ACESFilmicToneMapping, PerspectiveCamera, WebGLRenderer } from "three";
import type { Robot } from "@/api/types";
import type { SceneInfo } from "@/sim/messages";
import { footing, lookAt } from "@/viewer/camera";
import { paletteOf } from "@/viewer/palette";
import { RobotView } from "@/viewer/robot";
import { Stage } from "@/viewer/stage";

const [WIDTH, HEIGHT] = [240, 160];
const FIELD_DEG = 44;

/** Draws a strip: pictures of a motion in a row, as one image. Throws where WebGL is missing. */
export async function drawStrip(
  robot: Robot,
  scene: SceneInfo,
  poses: readonly Float32Array[],
  dark: boolean,
): Promise<Blob> {
  const renderer = new WebGLRenderer({ antialias: true, preserveDrawingBuffer: true });
  try {
    renderer.toneMapping = ACESFilmicToneMapping;
    renderer.toneMappingExposure = 1.25;
    renderer.setSize(WIDTH, HEIGHT, false);
    const { camera: from } = robot;
    const stage = new Stage(from.distance_m, scene.ground, paletteOf(dark));
    const actor = new RobotView(scene);
    stage.scene.add(actor.root);
    // Primitives stay where the meshes cannot be had.
    if (robot.visuals_url !== null)
      await actor.loadMeshes(robot.visuals_url).catch(() => undefined);
    const eye = new PerspectiveCamera(FIELD_DEG, WIDTH / HEIGHT, 0.05, 60);
    eye.up.set(0, 0, 1);
    const strip = document.createElement("canvas");
    [strip.width, strip.height] = [WIDTH * poses.length, HEIGHT];
    const page = strip.getContext("2d");
    poses.forEach((pose, n) => {
      actor.place(pose, pose, 1);
      stage.follow(actor.base, from.distance_m);
      lookAt(eye, footing(scene, actor.base.position), from);
      renderer.render(stage.scene, eye);
      page?.drawImage(renderer.domElement, n * WIDTH, 0);
    });
    return await new Promise((resolve, reject) =>
      strip.toBlob(
        (blob) => (blob === null ? reject(new Error("no picture")) : resolve(blob)),
        "image/webp",
        0.82,
      ),
    );
  } finally {
    renderer.dispose();
    renderer.forceContextLoss();
  }
}
