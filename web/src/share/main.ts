/** The page of a share folder: one robot and its policy, with no server but one for files. */
import "./share.css";
import { Engine } from "@/sim/engine";
import type { SessionState } from "@/sim/session";
import { Session } from "@/sim/session";
import { Losses } from "@/viewer/lost/losses";
import { initialQuality } from "@/viewer/preferences";
import type { Look, Quality } from "@/viewer/view";
import { View } from "@/viewer/view";
import { figures } from "./figures";
import type { Show } from "./show";
import { beside, loadShow } from "./show";

function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found as T;
}

/** What the visitor reads first, and what there is to know. */
function describe(show: Show): void {
  const { name, maker } = show.robot;
  document.title = show.sentence === "" ? name : `${show.sentence} · ${name}`;
  element("robot").textContent = `${maker} ${name}`.trim();
  element("sentence").textContent = show.sentence === "" ? "A policy" : `“${show.sentence}”`;
  element("asked").textContent = show.asked;
  const trained =
    show.params_version === 0
      ? "the robot's pretrained policy, under a command schedule found for this task"
      : `snapshot ${show.params_version} of its training, after ${show.step.toLocaleString("en")} updates`;
  element("trained").textContent = `Model ${show.model_id}: ${trained}.`;
}

function fail(message: string): void {
  const alert = element("failure");
  alert.textContent = message;
  alert.hidden = false;
}

/** Draws a session: simply where that is slow, and anew where the browser has lost the picture. */
class Picture {
  view: View | null = null;
  private readonly losses = new Losses(() => this.drawAnew());
  private times = 0;
  private quality: Quality = initialQuality(window.location.search, null);

  constructor(
    private readonly session: Session,
    private readonly show: Show,
  ) {}

  begin(): void {
    const { scene } = this.session.getState();
    if (scene === null) return;
    const { camera, control_hz: controlHz, ink } = this.show.robot;
    const { quality } = this;
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const options = { scene, camera, controlHz, quality, ink, dark };
    this.view = new View(element("viewer"), this.session, options);
    this.view.onSlow = () => this.simplify();
    this.view.onLost = () => this.tellLost();
    if (this.show.meshes) void this.view.loadMeshes(beside("model/visuals.glb")).catch(() => {});
  }

  /** A lost picture, when its time has come or somebody asks for it. */
  drawAnew(): void {
    this.times += 1;
    this.replace();
  }

  /** Another picture in this one's place, seen from where one looked. */
  private replace(): void {
    this.losses.forget();
    element("lost").hidden = true;
    const look: Look | undefined = this.view?.look;
    this.view?.dispose();
    try {
      this.begin();
      if (this.view !== null && look !== undefined) this.view.look = look;
    } catch (error) {
      fail(`There is no picture: ${String(error)}`);
    }
  }

  private simplify(): void {
    this.quality = "low";
    this.replace();
  }

  private tellLost(): void {
    const asks = this.losses.lost(this.times) === "asks";
    element("anew").hidden = !asks;
    element("comes").hidden = asks;
    element("lost").hidden = false;
  }
}

/** What a visitor can do. */
function controls(session: Session, picture: Picture): void {
  element("reset").onclick = () => session.reset();
  element("centre").onclick = () => picture.view?.centre();
  element("anew").onclick = () => picture.drawAnew();
  const pause = element("pause");
  pause.onclick = () => {
    const paused = !session.getState().paused;
    session.pause(paused);
    pause.textContent = paused ? "Play" : "Pause";
  };
  element("push").onclick = () => session.shove(2 * Math.PI * Math.random());
}

/** Evaluated episodes in place of the simulation, by a button. */
function replays(show: Show, session: Session): void {
  const button = element("replay");
  const place = element("episodes");
  button.hidden = !show.episodes;
  let close: (() => void) | null = null;
  const turn = (on: boolean): void => {
    document.body.classList.toggle("replays", on);
    button.setAttribute("aria-pressed", String(on));
  };
  button.onclick = async () => {
    if (document.body.classList.contains("replays")) {
      turn(false);
      close?.();
      close = null;
      return;
    }
    turn(true);
    try {
      const { openReplay } = await import("./replay");
      close = await openReplay(place, session);
    } catch (error) {
      turn(false);
      fail(`There is no replay: ${String(error)}`);
    }
  };
}

function tell(show: Show, state: SessionState): void {
  document.body.classList.toggle("posed", state.posed);
  const why = state.failure?.message ?? state.stats?.pilot?.own.failure ?? null;
  if (why !== null) fail(`It cannot be shown here: ${why}`);
  if (state.stats === null) return;
  element("figures").replaceChildren(
    ...figures(show, state.stats).flatMap(([label, value]) => {
      const [term, said] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = label;
      said.textContent = value;
      return [term, said];
    }),
  );
}

async function begin(): Promise<void> {
  const engine = new Engine();
  engine.prepare();
  const show = await loadShow();
  describe(show);
  const session = new Session(
    beside("model/scene.xml"),
    {
      ...show.robot,
      constants_url: beside("model/robot.json"),
    },
    engine,
  );
  const picture = new Picture(session, show);
  session.subscribe(() => {
    const state = session.getState();
    tell(show, state);
    if (state.scene === null || picture.view !== null) return;
    try {
      picture.begin();
      element("loading").hidden = true;
    } catch (error) {
      fail(`There is no picture: ${String(error)}`);
    }
  });
  session.run({
    model: null,
    params: beside("model/policy.safetensors"),
    constants: beside("model/robot.json"),
    sceneSha256: show.scene_sha256,
    token: null,
  });
  controls(session, picture);
  replays(show, session);
}

begin().catch((error: unknown) => fail(`This folder cannot be shown: ${String(error)}`));
