import type { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";

/** A press of an arrow turns the camera so far, radians; of plus and minus it comes nearer by that. */
const TURN = Math.PI / 24;
const NEARER = 0.9;

export const KEYS_LABEL =
  "The robot, as the camera sees it. Arrow keys turn the camera, plus and minus move it nearer and away.";

type Moves = "rotateLeft" | "rotateUp" | "dollyIn" | "dollyOut";
type Camera = Pick<OrbitControls, Moves | "enableDamping">;

const MOVES: Record<string, (camera: Camera) => void> = {
  ArrowLeft: (camera) => camera.rotateLeft(TURN),
  ArrowRight: (camera) => camera.rotateLeft(-TURN),
  ArrowUp: (camera) => camera.rotateUp(TURN),
  ArrowDown: (camera) => camera.rotateUp(-TURN),
  "+": (camera) => camera.dollyIn(NEARER),
  "=": (camera) => camera.dollyIn(NEARER), // where plus needs shift
  "-": (camera) => camera.dollyOut(NEARER),
};

/** Moves the camera by a key that is pressed on its picture, unless the key has served already. */
export function moveByKey(event: KeyboardEvent, camera: Camera): void {
  const { key, defaultPrevented, ctrlKey, metaKey, altKey } = event;
  const move = Object.hasOwn(MOVES, key) ? MOVES[key] : undefined;
  if (move === undefined || defaultPrevented || ctrlKey || metaKey || altKey) return;
  event.preventDefault(); // the page stays where it is
  const { enableDamping } = camera;
  camera.enableDamping = false; // a press is a step, done with the next picture
  move(camera);
  camera.enableDamping = enableDamping;
}
