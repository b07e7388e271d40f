import type { Object3D } from "three";
import {
  ACESFilmicToneMapping,
  PCFShadowMap,
  PerspectiveCamera,
  Vector3,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import type { Camera } from "@/api/types";
import { reached } from "@/lib/milestones";
import { Pace } from "@/lib/pace";
import { pause } from "@/lib/pause";
import { groundHeight } from "@/sim/ground";
import type { SceneInfo, SiteInfo } from "@/sim/messages";
import type { Session } from "@/sim/session";
import { footing, offsetOf } from "./camera";
import { paletteOf } from "./palette";
import { Easel } from "./picture/easel";
import { fineness } from "./picture/fineness";
import { Grip } from "./picture/grip";
import { KEYS_LABEL, moveByKey } from "./picture/keys";
import { RobotView } from "./robot";
import { Stage } from "./stage";
import { FOOTPRINTS, INK, Trail } from "./trail";

/** High: simple where the machine does not draw quickly; full: on any machine. */
export type Quality = "full" | "high" | "low";
export type CameraMode = "follow" | "orbit";

/** How near and how far the camera may go, as shares of its first distance. */
const [NEAREST, FARTHEST] = [0.3, 5];
const LOW_FRAME_MS = 66;
/** Time in which the camera makes up two thirds of its lag. */
const FOLLOW_MS = 160;
/** A robot that has not moved so long after its first picture is one that nobody moves. */
const STILL_MS = 1500;
/** Footprints lie so high above the floor, metres, that they are seen. */
const FOOTPRINT_M = 0.004;

interface Options {
  scene: SceneInfo;
  camera: Camera;
  controlHz: number;
  quality: Quality;
  /** The site whose way is drawn in the air. */
  ink: string | null;
  dark: boolean;
}

/** From where one looks at what; a view that replaces another takes it over. */
export interface Look {
  position: Vector3;
  target: Vector3;
  followed: Vector3;
}

/** Draws a session with three.js: camera, dragging of the robot, quality. */
export class View {
  readonly canvas: HTMLCanvasElement;
  private readonly renderer: WebGLRenderer;
  /** The simple pictures' place until they are done; full ones come from machines that are quick. */
  private readonly easel: Easel;
  private readonly camera = new PerspectiveCamera(38, 1, 0.05, 60);
  private readonly controls: OrbitControls;
  private readonly stage: Stage;
  private readonly robot: RobotView;
  private readonly trail: Trail | null;
  private readonly ink: Trail;
  private readonly pen: SiteInfo | null;
  private readonly grip: Grip;
  /** The tick up to which both trails are drawn. */
  private trailed = -1;
  private readonly resizer: ResizeObserver;
  private readonly followed = new Vector3();
  private drawing: number | null = null;
  private painting: ReturnType<typeof setTimeout> | null = null;
  private drawnAt = 0;
  private readonly pace = new Pace();
  private pictured = false;
  /** The picture that was drawn last shows a robot that a policy has moved; and so does the screen. */
  private moved = false;
  private seen = false;
  private ended = false;
  private full = false;
  /** The robot is seen to move, or nobody moves it. */
  private calm = false;
  private onCalm: (() => void)[] = [];
  mode: CameraMode = "follow";
  onSlow: (() => void) | null = null;
  /** The graphics context is gone, and this view with it. */
  onLost: (() => void) | null = null;

  /** Throws where WebGL is missing. */
  constructor(
    private readonly container: HTMLElement,
    private readonly session: Session,
    private readonly options: Options,
  ) {
    const { scene, camera, ink } = options;
    const palette = paletteOf(options.dark);
    this.renderer = new WebGLRenderer({ antialias: false, powerPreference: "high-performance" });
    this.renderer.shadowMap.type = PCFShadowMap;
    this.renderer.toneMapping = ACESFilmicToneMapping;
    this.renderer.toneMappingExposure = 1.25;
    this.easel = new Easel(this.renderer);
    this.canvas = this.renderer.domElement;
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    this.canvas.ariaLabel = KEYS_LABEL;
    this.canvas.className = "focus-visible:-outline-offset-3"; // within the picture, or it is cut off
    container.append(this.canvas);

    this.stage = new Stage(camera.distance_m, scene.ground, palette);
    this.robot = new RobotView(scene);
    this.stage.scene.add(this.robot.root);
    // Only what moves about leaves a trail.
    this.trail =
      scene.root.qposAdr === null ? null : new Trail(FOOTPRINTS, palette.footprints, palette.faded);
    if (this.trail !== null) this.stage.scene.add(this.trail.line);
    this.ink = new Trail(INK, palette.ink, palette.faded);
    this.pen = scene.sites.find(({ name }) => name === ink) ?? null;
    this.stage.scene.add(this.ink.line);

    this.camera.up.set(0, 0, 1);
    this.controls = new OrbitControls(this.camera, this.canvas);
    // A finger that moves up or down scrolls the page on, unless it holds the robot.
    this.canvas.style.touchAction = "pan-y";
    this.controls.enableDamping = true;
    this.controls.minDistance = NEAREST * camera.distance_m;
    this.controls.maxDistance = FARTHEST * camera.distance_m;
    this.controls.maxPolarAngle = 1.52;
    this.centre();

    const { canvas, controls, robot } = this;
    this.grip = new Grip({
      canvas,
      controls,
      camera: this.camera,
      scene: this.stage.scene,
      robot,
      session,
    });
    this.canvas.addEventListener("webglcontextlost", this.contextLost);
    this.canvas.addEventListener("keydown", (event) => moveByKey(event, controls));
    this.resizer = new ResizeObserver(() => this.resize());
    this.resizer.observe(container);
    this.resize();
    void this.begin();
  }

  private async begin(): Promise<void> {
    await pause(); // a task of its own
    await this.prepare(this.stage.scene);
    if (!this.ended) this.drawing = requestAnimationFrame(this.draw);
  }

  private async prepare(object: Object3D): Promise<void> {
    if (!this.ended) await this.easel.prepare(object, this.stage.scene, this.camera);
  }

  /** Detailed shapes; they wait until all is calm. */
  async loadMeshes(url: string): Promise<void> {
    const calm = new Promise<void>((resolve) => {
      if (this.calm) resolve();
      else this.onCalm.push(resolve);
    });
    await this.robot.loadMeshes(url, calm, (meshes) => this.prepare(meshes));
  }

  /** Camera back to its first place beside the robot. */
  centre(): void {
    const { camera, scene } = this.options;
    this.followed.copy(footing(scene, this.robot.base.position));
    this.controls.target.copy(this.followed).add(new Vector3(0, 0, camera.height_m));
    this.camera.position.copy(this.controls.target).add(offsetOf(camera));
    this.controls.update();
  }

  get look(): Look {
    const { position } = this.camera;
    const { target } = this.controls;
    return {
      position: position.clone(),
      target: target.clone(),
      followed: this.followed.clone(),
    };
  }

  set look({ position, target, followed }: Look) {
    this.followed.copy(followed);
    this.controls.target.copy(target);
    this.camera.position.copy(position);
    this.controls.update();
  }

  dispose(): void {
    this.end();
    this.resizer.disconnect();
    this.canvas.removeEventListener("webglcontextlost", this.contextLost);
    this.controls.dispose();
    this.easel.dispose();
    this.renderer.dispose();
    this.renderer.forceContextLoss();
    this.canvas.remove();
  }

  private end(): void {
    this.ended = true;
    if (this.drawing !== null) cancelAnimationFrame(this.drawing);
    if (this.painting !== null) clearTimeout(this.painting);
  }

  private readonly contextLost = (): void => {
    this.end();
    this.onLost?.();
  };

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.container;
    if (width === 0 || height === 0) return;
    this.camera.aspect = width / height;
    // A narrow picture needs more room around a robot that is longer than high.
    this.camera.fov = width < height ? 52 : 38;
    this.camera.updateProjectionMatrix();
    this.renderer.setPixelRatio(fineness(this.full, width * height));
    this.renderer.setSize(width, height);
  }

  private readonly draw = (now: number): void => {
    this.drawing = requestAnimationFrame(this.draw);
    if (this.painting !== null) return;
    if (this.easel.busy) {
      if (!this.easel.hang()) return;
      this.tellProgress();
    }
    const since = now - this.drawnAt;
    // While the robot is awaited, what brings it here has better use for the machine.
    if ((this.options.quality === "low" || !this.calm) && since < LOW_FRAME_MS) return;
    this.drawnAt = now;
    if (this.full) {
      this.pose(since);
      this.renderer.render(this.stage.scene, this.camera);
      this.tellProgress();
      this.judgePace(since);
      return;
    }
    // Not before the browser has taken the last picture: that would wait for this one.
    this.painting = setTimeout(() => {
      this.painting = null;
      this.pose(since);
      this.easel.draw(this.stage.scene, this.camera);
      this.judgePace(since);
    });
  };

  /** Everything to where it is now. */
  private pose(since: number): void {
    const { controlHz } = this.options;
    const { latest, previous, latestAt } = this.session;
    if (latest !== null) {
      // One control step behind, so that there is always a later pose to move towards.
      const share = Math.min(1, ((performance.now() - latestAt) * controlHz) / 1000);
      const adjacent = previous !== null && latest.tick === previous.tick + 1;
      this.robot.place(adjacent ? previous.poses : latest.poses, latest.poses, share);
    }
    this.followRobot(Math.min(since, 500));
    this.drawTrails();
    this.grip.push();
    this.controls.update();
    this.moved = this.session.moved;
  }

  private tellProgress(): void {
    if (!this.pictured) {
      this.pictured = true;
      reached("picture");
      setTimeout(() => this.calmDown(), STILL_MS);
    }
    if (!this.moved || this.seen) return;
    this.seen = true;
    // What was shown just now is on the screen when the browser asks for the one after the next.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        reached("seen");
        this.calmDown();
      }),
    );
  }

  private calmDown(): void {
    this.calm = true;
    for (const resolve of this.onCalm.splice(0)) resolve();
  }

  private judgePace(since: number): void {
    const { quality } = this.options;
    if (quality === "low" || !this.calm || document.hidden) return;
    if (quality === "full") {
      if (!this.full) this.refine();
      return;
    }
    const verdict = this.pace.judge(since);
    if (verdict === "simplify") this.onSlow?.();
    if (verdict === "refine") this.refine();
  }

  /** From the simple picture to the full one. */
  private refine(): void {
    this.renderer.shadowMap.enabled = true;
    this.stage.refine(this.renderer);
    this.full = true;
    this.resize();
  }

  private followRobot(sinceMs: number): void {
    const { base } = this.robot;
    this.stage.follow(base, this.controls.getDistance());
    const stands = footing(this.options.scene, base.position);
    if (this.mode !== "follow") return;
    const jump = Math.hypot(stands.x - this.followed.x, stands.y - this.followed.y);
    const share = jump > 2 ? 1 : 1 - Math.exp(-sinceMs / FOLLOW_MS);
    const moved = stands.clone().sub(this.followed).multiplyScalar(share);
    this.followed.add(moved);
    this.camera.position.add(moved);
    this.controls.target.z += moved.z;
    // The robot stays in the middle also after the camera was left behind in orbit mode.
    this.controls.target.x += share * (this.followed.x - this.controls.target.x);
    this.controls.target.y += share * (this.followed.y - this.controls.target.y);
  }

  /** The robot's way and its tool's, step by step however seldom the picture is drawn. */
  private drawTrails(): void {
    const { root, ground } = this.options.scene;
    for (const { tick, poses } of this.session.framesAfter(this.trailed)) {
      const { x, y } = RobotView.placeOf({ body: root.body, position: [0, 0, 0] }, poses);
      this.trail?.add(x, y, groundHeight(ground, x, y) + FOOTPRINT_M);
      if (this.pen !== null) this.ink.add(...RobotView.placeOf(this.pen, poses).toArray());
      this.trailed = tick;
    }
  }
}
