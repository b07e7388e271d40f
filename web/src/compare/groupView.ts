import { ACESFilmicToneMapping, PerspectiveCamera, WebGLRenderer } from "three";
import type { Camera } from "@/api/types";
import type { SceneInfo } from "@/sim/messages";
import { footing, lookAt } from "@/viewer/camera";
import { paletteOf } from "@/viewer/palette";
import { RobotView } from "@/viewer/robot";
import { Stage } from "@/viewer/stage";
import type { Member } from "./group";

/** Several robots are drawn plainly: without shadows, and so many times a second. */
const FRAME_MS = 66;
/** How much a new interval between pictures counts in their mean, and when they come late. */
const FRESH = 0.1;
const LATE_MS = 1.6 * FRAME_MS;
const PIXELS = 0.6;
const FIELD_DEG = 42;

interface Options {
  scene: SceneInfo;
  camera: Camera;
  controlHz: number;
  dark: boolean;
}

interface Seat {
  stage: Stage;
  robot: RobotView;
  camera: PerspectiveCamera;
}

/** One renderer for all robots: each has a part of the picture, its element tells where. */
export class GroupView {
  readonly canvas: HTMLCanvasElement;
  /** How many of them are drawn; the first ones. */
  drawn: number;
  onLost: (() => void) | null = null;
  private readonly renderer: WebGLRenderer;
  private readonly seats: Seat[];
  private drawing: number | null = null;
  private drawnAt = 0;
  private everyMs = FRAME_MS;

  /** Throws where WebGL is missing. */
  constructor(
    private readonly container: HTMLElement,
    private readonly places: () => (HTMLElement | null)[],
    private readonly members: readonly Member[],
    private readonly options: Options,
  ) {
    const { scene, camera, dark } = options;
    const palette = paletteOf(dark);
    this.renderer = new WebGLRenderer({ antialias: false });
    this.renderer.toneMapping = ACESFilmicToneMapping;
    this.renderer.toneMappingExposure = 1.25;
    this.renderer.setPixelRatio(PIXELS);
    this.renderer.setScissorTest(true);
    this.canvas = this.renderer.domElement;
    this.canvas.className = "absolute inset-0 size-full";
    container.prepend(this.canvas);
    this.drawn = members.length;
    this.seats = members.map(() => {
      const stage = new Stage(camera.distance_m, scene.ground, palette);
      const robot = new RobotView(scene);
      stage.scene.add(robot.root);
      const eye = new PerspectiveCamera(FIELD_DEG, 1, 0.05, 60);
      eye.up.set(0, 0, 1);
      return { stage, robot, camera: eye };
    });
    this.canvas.addEventListener("webglcontextlost", this.lost);
    this.drawing = requestAnimationFrame(this.draw);
  }

  async loadMeshes(url: string): Promise<void> {
    await Promise.all(this.seats.map(({ robot }) => robot.loadMeshes(url)));
  }

  /** Whether pictures come as often as they are wanted. */
  get steady(): boolean {
    return this.everyMs < LATE_MS;
  }

  dispose(): void {
    if (this.drawing !== null) cancelAnimationFrame(this.drawing);
    this.canvas.removeEventListener("webglcontextlost", this.lost);
    this.renderer.dispose();
    this.renderer.forceContextLoss();
    this.canvas.remove();
  }

  private readonly lost = (): void => {
    if (this.drawing !== null) cancelAnimationFrame(this.drawing);
    this.drawing = null;
    this.onLost?.();
  };

  private readonly draw = (now: number): void => {
    this.drawing = requestAnimationFrame(this.draw);
    const since = now - this.drawnAt;
    if (since < FRAME_MS) return;
    if (this.drawnAt > 0) this.everyMs += FRESH * (since - this.everyMs);
    this.drawnAt = now;
    const box = this.container.getBoundingClientRect();
    const { width, height } = this.canvas;
    if (width !== Math.floor(box.width * PIXELS) || height !== Math.floor(box.height * PIXELS)) {
      this.renderer.setSize(box.width, box.height, false);
    }
    const places = this.places();
    this.seats.slice(0, this.drawn).forEach((seat, n) => {
      const place = places[n]?.getBoundingClientRect();
      const member = this.members[n];
      if (place !== undefined && member !== undefined) this.drawSeat(seat, member, place, box);
    });
  };

  private drawSeat(seat: Seat, member: Member, place: DOMRect, box: DOMRect): void {
    const { stage, robot, camera } = seat;
    const { latest, previous, latestAt } = member;
    if (latest === null || place.width === 0) return;
    const share = Math.min(1, ((performance.now() - latestAt) * this.options.controlHz) / 1000);
    const adjacent = previous !== null && latest.tick === previous.tick + 1;
    robot.place(adjacent ? previous.poses : latest.poses, latest.poses, share);
    const { camera: from } = this.options;
    stage.follow(robot.base, from.distance_m);
    camera.aspect = place.width / place.height;
    camera.updateProjectionMatrix();
    // A narrow picture is looked at from farther away: the robot is longer than high.
    const back = Math.max(1, 1.25 / camera.aspect);
    lookAt(camera, footing(this.options.scene, robot.base.position), from, back);
    const [left, bottom] = [place.left - box.left, box.bottom - place.bottom];
    this.renderer.setViewport(left, bottom, place.width, place.height);
    this.renderer.setScissor(left, bottom, place.width, place.height);
    this.renderer.render(stage.scene, camera);
  }
}
