import type { Trouble } from "@/api/types";
import { Pilot } from "@/inference/pilot";
import type { Wish } from "@/inference/types";
import { Gauges } from "./gauges";
import type { Socket } from "./link";
import type { Connection, FromWorker, Push, RobotRules } from "./messages";
import { RateMeter } from "./meter";
import type { Paced } from "./pacer";
import { Pacer } from "./pacer";
import type { Left, Physics } from "./physics";
import type { Moment, Reading } from "./readings";
import { readingOf, readOver } from "./readings";
import { Wheel } from "./wheel";
import type { Action } from "./wire";

const STATS_EVERY_MS = 500;
/** Over so long speeds are taken, at most. */
const READ_OVER_S = 1;

/**
 * The lock-step loop: a state is sent, and simulated time advances by one control step when the
 * action for exactly that state has come and the wall clock has reached the step's due time.
 *
 * Without a connection the robot holds its home pose; while a connection is lost it holds the last.
 */
export class Simulation implements Paced {
  private tick = 0;
  private justReset = true;
  private paused = false;
  private pilot: Pilot | null = null;
  private wish: Wish = "auto";
  private connected = false;
  private asked = false;
  private action: Action | null = null;
  private readonly stats: ReturnType<typeof setInterval>;
  private readonly meter = new RateMeter();
  private readonly recent: Moment[] = [];
  private readonly readings: (Reading | null)[];
  private fallenTicks = 0;
  private paramsVersion = 0;
  /** What is asked beside the policy's own schedule. */
  readonly wheel = new Wheel(epoch);
  private readonly gauges: Gauges;
  /** Where the simulation was left while a recorded moment is shown. */
  private left: Left | null = null;
  private replayed: { qpos: number[][]; periodMs: number; index: number } | null = null;

  constructor(
    private readonly physics: Physics,
    private readonly rules: RobotRules,
    private readonly post: (message: FromWorker) => void,
    private readonly now: () => number = () => performance.now(),
    private readonly open?: (url: string) => Socket,
    /** Shared with the simulations that keep step with this one. */
    private readonly pacer = new Pacer(now),
  ) {
    this.readings = rules.readouts.map((readout) => readingOf(readout, physics.scene, rules.ink));
    const home = { qpos: physics.qpos(), sites: physics.sites() };
    this.gauges = new Gauges(rules, physics.scene, home);
    this.stats = setInterval(() => this.report(), STATS_EVERY_MS);
    this.pacer.join(this);
    this.show();
    this.schedule();
  }

  get ready(): boolean {
    if (this.paused || this.left !== null) return false;
    return this.replayed !== null || !this.connected || this.action !== null;
  }

  /** One whose policy cannot be asked now is not waited for. */
  get present(): boolean {
    if (this.left !== null) return false;
    return this.replayed !== null || !this.connected || this.pilot?.ready === true;
  }

  get periodMs(): number {
    return this.replayed?.periodMs ?? 1000 / this.rules.control_hz;
  }

  /** Let a policy drive, or nobody. The robot starts from the home pose. */
  connect(connection: Connection | null): void {
    this.pilot?.close();
    this.pilot = null;
    this.connected = connection !== null;
    this.paramsVersion = 0;
    this.replayed = null;
    this.left = null;
    this.rewind();
    if (connection === null) {
      this.wheel.fit(null);
      this.post({ type: "live", live: null });
      this.post({ type: "link", link: { state: "none" } });
      this.schedule();
      return;
    }
    this.pilot = new Pilot(
      connection,
      this.wish,
      {
        onState: (link) => {
          if (this.pilot?.ready !== true) this.hold();
          this.post({ type: "link", link });
        },
        onReady: () => this.askAnother(),
        onAction: (action) => this.receive(action),
        onLive: (live) => {
          this.wheel.fit(live);
          this.post({ type: "live", live });
        },
        onSnapshot: (notice) =>
          this.post({
            type: "snapshot",
            version: notice.params_version,
            step: notice.step,
            scheduleWords: notice.program_words,
          }),
      },
      this.now,
      this.open,
    );
  }

  /** Where the policy is to be run, for this connection and those to come. */
  infer(wish: Wish): void {
    this.wish = wish;
    this.pilot?.wish(wish);
  }

  reset(): void {
    this.left = null;
    this.rewind();
    this.ask();
    this.schedule();
  }

  pause(paused: boolean): void {
    this.paused = paused;
    this.restartClock();
    if (!paused && !this.asked && this.action === null) this.ask();
    this.schedule();
  }

  setPush(push: Push | null): void {
    this.physics.setPush(push);
  }

  /** A short blow, `direction` rad to the left of where the robot looks. */
  shove(direction: number): void {
    this.physics.shove(this.loaded, direction);
  }

  /** The scene other than it is; null puts it right. */
  setTrouble(trouble: Trouble | null): void {
    this.physics.setTrouble(this.loaded, trouble);
  }

  /** Play recorded poses in a loop instead of simulating; null goes back to the home pose. */
  replay(qpos: number[][] | null, hz: number): void {
    this.replayed =
      qpos === null || qpos.length === 0 ? null : { qpos, periodMs: 1000 / hz, index: 0 };
    this.rewind();
    this.schedule();
  }

  /** Show one pose while everything rests; null goes on from where it was left. */
  pose(qpos: number[] | null): void {
    if (qpos !== null && qpos.length !== this.physics.scene.nq) return; // of another scene
    if (qpos !== null) {
      if (this.left === null) this.hold();
      this.left ??= this.physics.leave();
      this.physics.pose(qpos);
    } else if (this.left !== null) {
      this.physics.goOn(this.left);
      this.left = null;
      this.recent.length = 0;
      this.restartClock();
    }
    this.tick += 1;
    this.show();
    if (qpos === null) this.ask();
    this.schedule();
  }

  dispose(): void {
    clearInterval(this.stats);
    this.pilot?.close();
    this.pacer.leave(this);
  }

  /** What carries a load: the body with the pen, else the root. */
  private get loaded(): number {
    const { sites, root } = this.physics.scene;
    return sites.find(({ name }) => name === this.rules.ink)?.body ?? root.body;
  }

  private rewind(): void {
    this.physics.setPush(null);
    this.physics.reset();
    this.wheel.keep(null);
    this.tick += 1;
    this.justReset = true;
    this.fallenTicks = 0;
    this.recent.length = 0;
    this.hold();
    this.restartClock();
    this.show();
  }

  /** Forget what was asked: an answer that is still under way is for a state that is no more. */
  private hold(): void {
    this.asked = false;
    this.action = null;
    this.restartClock();
  }

  private restartClock(): void {
    this.pacer.restart();
    this.meter.clear();
  }

  /** Another one answers from now on: it is asked unless there is an answer already. */
  private askAnother(): void {
    if (this.action !== null) return;
    this.justReset = true;
    this.restartClock();
    this.ask();
    this.schedule();
  }

  /** Have the state answered, now or by and by; the caller goes on if it was now. */
  private ask(): void {
    if (this.pilot?.ready !== true || this.paused || this.left !== null) return;
    const { physics, tick, justReset: reset } = this;
    this.justReset = false;
    this.action = null;
    this.asked = true;
    const [qpos, qvel, ctrl] = [physics.qpos(), physics.qvel(), physics.ctrl()];
    const live = this.wheel.row(physics.time);
    const action = this.pilot.ask({ tick, reset, time: physics.time, qpos, qvel, ctrl, live });
    if (action !== null) this.take(action);
  }

  private receive(action: Action): void {
    if (action.tick !== this.tick || !this.asked) return;
    this.take(action);
    this.schedule();
  }

  private take(action: Action): void {
    this.asked = false;
    this.action = action;
    this.wheel.keep(action.carry);
    this.paramsVersion = action.paramsVersion;
  }

  private schedule(): void {
    this.pacer.kick();
  }

  /** To the next step; the pacer says when. */
  advance(now: number): void {
    if (this.replayed !== null) this.showNext(this.replayed);
    else this.simulate();
    this.meter.mark(now, this.physics.time);
  }

  private showNext(replayed: { qpos: number[][]; index: number }): void {
    const pose = replayed.qpos[replayed.index];
    replayed.index = (replayed.index + 1) % replayed.qpos.length;
    this.tick += 1;
    // A recording of another scene has nothing to show here.
    if (pose?.length === this.physics.scene.nq) this.physics.pose(pose);
    this.show();
  }

  private simulate(): void {
    this.physics.step(this.action?.ctrl ?? null);
    this.action = null;
    this.tick += 1;
    if (!this.physics.isFinite()) {
      this.recover("diverged");
      return;
    }
    this.fallenTicks = this.lies() ? this.fallenTicks + 1 : 0;
    this.show();
    const { fall, control_hz: hz } = this.rules;
    if (fall !== null && this.fallenTicks > fall.seconds * hz) this.recover("fell");
    else this.ask();
  }

  /** Whether the robot lies on its side or back, and nobody holds it there. */
  private lies(): boolean {
    const { fall } = this.rules;
    return fall !== null && !this.physics.pushed && this.physics.upright() < fall.min_upright;
  }

  private recover(reason: "fell" | "diverged"): void {
    this.post({ type: "recovered", reason });
    this.rewind();
    this.ask();
  }

  private show(): void {
    const qpos = this.physics.qpos();
    this.recent.push({ qpos, sites: this.physics.sites() });
    if (this.recent.length > READ_OVER_S * this.rules.control_hz + 1) this.recent.shift();
    const { tick } = this;
    this.post({
      type: "frame",
      frame: { tick, time: this.physics.time, at: epoch(), qpos, poses: this.physics.poses() },
    });
  }

  private report(): void {
    this.pilot?.check();
    this.post({
      type: "stats",
      stats: {
        tick: this.tick,
        time: this.physics.time,
        ...this.meter.rates(this.now()),
        pilot: this.pilot?.stats ?? null,
        paramsVersion: this.paramsVersion,
        readings: this.read(),
        driven: this.gauges.read(this.recent, this.wheel),
      },
    });
  }

  private read(): (number | null)[] {
    const { control_hz: hz, readouts } = this.rules;
    const latest = this.recent.at(-1);
    if (latest === undefined) return this.readings.map(() => null);
    return readouts.map((readout, index) => {
      const steps = Math.min(Math.round(readOver(readout) * hz), this.recent.length - 1);
      const before = this.recent[this.recent.length - 1 - steps] ?? latest;
      // With a single state nothing has moved yet, over whatever time.
      return this.readings[index]?.(before, latest, Math.max(1, steps) / hz) ?? null;
    });
  }
}

/** The time that page and worker share, ms. */
function epoch(): number {
  return performance.timeOrigin + performance.now();
}
