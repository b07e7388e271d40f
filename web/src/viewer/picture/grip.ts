import type { Camera, Object3D, Scene } from "three";
import { ArrowHelper, Plane, Raycaster, Vector2, Vector3 } from "three";
import type { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import type { Session } from "@/sim/session";
import type { RobotView } from "../robot";

interface Grab {
  body: number;
  local: Vector3;
  plane: Plane;
  target: Vector3;
}

interface Reach {
  canvas: HTMLCanvasElement;
  controls: OrbitControls;
  camera: Camera;
  scene: Scene;
  robot: RobotView;
  session: Session;
}

/** The pointer's hold on a robot: it is pushed towards where it is dragged, by an arrow's length. */
export class Grip {
  private readonly arrow = new ArrowHelper(
    new Vector3(1, 0, 0),
    new Vector3(),
    1,
    0x6ee7c8,
    0.06,
    0.04,
  );
  private readonly raycaster = new Raycaster();
  private grab: Grab | null = null;

  constructor(private readonly reach: Reach) {
    const { canvas } = reach;
    // Before the controls, which take what has not hit the robot.
    canvas.addEventListener("pointerdown", this.pointerDown, { capture: true });
    canvas.addEventListener("pointermove", this.pointerMove);
    canvas.addEventListener("pointerup", this.pointerUp);
    canvas.addEventListener("pointercancel", this.pointerUp);
    canvas.addEventListener("touchstart", this.touchStart, { passive: false });
  }

  /** Push on, from where the robot is now. */
  push(): void {
    const { robot, scene, session } = this.reach;
    // Not in the scene until it is needed: its shaders need not be built for the first picture.
    this.arrow.removeFromParent();
    const body = this.grab === null ? undefined : robot.body(this.grab.body);
    if (this.grab === null || body === undefined) return;
    scene.add(this.arrow);
    const from = body.localToWorld(this.grab.local.clone());
    const pull = this.grab.target.clone().sub(from);
    const length = Math.max(0.02, pull.length());
    this.arrow.position.copy(from);
    this.arrow.setDirection(pull.normalize());
    this.arrow.setLength(length, Math.min(0.07, 0.4 * length), Math.min(0.045, 0.3 * length));
    const { x, y, z } = this.grab.local;
    session.push({ body: this.grab.body, point: [x, y, z], target: this.grab.target.toArray() });
  }

  private aim(event: PointerEvent): void {
    const { canvas, camera } = this.reach;
    const box = canvas.getBoundingClientRect();
    const x = (2 * (event.clientX - box.left)) / box.width - 1;
    const y = 1 - (2 * (event.clientY - box.top)) / box.height;
    this.raycaster.setFromCamera(new Vector2(x, y), camera);
  }

  private readonly pointerDown = (event: PointerEvent): void => {
    const { canvas, controls, camera, robot, session } = this.reach;
    if (event.button !== 0 || !event.isPrimary || session.getState().posed) return;
    this.aim(event);
    const hit = this.raycaster.intersectObject(robot.root, true)[0];
    const node = hit === undefined ? null : movable(hit.object);
    if (hit === undefined || node === null) return;
    const body = node.userData.body as number;
    event.stopImmediatePropagation();
    canvas.setPointerCapture(event.pointerId);
    controls.enabled = false;
    const normal = camera.getWorldDirection(new Vector3());
    this.grab = {
      body,
      local: node.worldToLocal(hit.point.clone()),
      plane: new Plane().setFromNormalAndCoplanarPoint(normal, hit.point),
      target: hit.point.clone(),
    };
  };

  /** Comes after the pointer event of the same touch, which knows whether the robot was hit. */
  private readonly touchStart = (event: TouchEvent): void => {
    if (this.grab !== null) event.preventDefault();
  };

  private readonly pointerMove = (event: PointerEvent): void => {
    this.aim(event);
    if (this.grab !== null) {
      this.raycaster.ray.intersectPlane(this.grab.plane, this.grab.target);
      this.grab.target.z = Math.max(0.02, this.grab.target.z);
    } else if (event.buttons === 0) {
      const hit = this.raycaster.intersectObject(this.reach.robot.root, true)[0];
      const over = hit !== undefined && movable(hit.object) !== null;
      this.reach.canvas.style.cursor = over ? "grab" : "default";
    }
  };

  private readonly pointerUp = (): void => {
    if (this.grab === null) return;
    this.grab = null;
    this.reach.controls.enabled = true;
    this.reach.session.push(null);
  };
}

/** The body that a drawn shape belongs to; null for what stands still, such as a table. */
function movable(shape: Object3D): Object3D | null {
  let node = shape;
  while (node.userData.body === undefined && node.parent !== null) node = node.parent;
  const body = node.userData.body as number | undefined;
  return body === undefined || body === 0 ? null : node;
}
