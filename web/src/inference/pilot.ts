import type { Socket } from "@/sim/link";
import { Link } from "@/sim/link";
import type { Connection, LinkState } from "@/sim/messages";
import { quantile } from "@/sim/meter";
import type { Action, Live, RawState, SnapshotNotice } from "@/sim/wire";
import { encodeState } from "@/sim/wire";
import { Chooser } from "./chooser";
import { OwnPolicy } from "./ownPolicy";
import type { PilotStats, Where, Wish } from "./types";

export interface PilotHandlers {
  onState(state: LinkState): void;
  /** Somebody answers from now on who has not been asked yet. */
  onReady(): void;
  onAction(action: Action): void;
  /** What the policy can be asked while it plays. */
  onLive(live: Live | null): void;
  onSnapshot(notice: SnapshotNotice): void;
}

const ROUND_TRIPS = 250;
/** A server that is not needed is tried so often, ms. */
const TRY_EVERY_MS = 500;
/** How often one that is waited for is looked at, ms. */
const LOOK_EVERY_MS = 250;
/** One that stays silent for longer is gone, ms. */
const SILENCE_MS = 4000;

/** Answers raw states with actions: by the inference server, or by the policy run right here. */
export class Pilot {
  /** To the server, where there is one. */
  private readonly link: Link | null;
  private readonly own: OwnPolicy | null;
  private readonly chooser: Chooser;
  private readonly trips: number[] = [];
  private state: LinkState["state"] = "none";
  private where: Where = "server";
  /** The state that the server has not answered yet. */
  private sent: { tick: number; at: number } | null = null;
  private triedAt = 0;
  private readonly looks: ReturnType<typeof setInterval>;

  constructor(
    connection: Connection,
    wish: Wish,
    private readonly handlers: PilotHandlers,
    private readonly now: () => number,
    open?: (url: string) => Socket,
  ) {
    this.chooser = new Chooser(now);
    this.chooser.wish = wish;
    this.looks = setInterval(() => this.look(), LOOK_EVERY_MS);
    const { source } = connection;
    this.own = source === undefined ? null : new OwnPolicy(source, () => this.settle(), now);
    const { url } = connection;
    if (url === null) {
      this.link = null;
      return;
    }
    this.link = new Link(
      { ...connection, url },
      {
        onState: (state) => this.linked(state),
        onWelcome: ({ live = null }) => {
          handlers.onLive(live);
          if (this.where === "server") handlers.onReady();
        },
        onAction: (action) => this.answered(action),
        onSnapshot: (notice) => {
          if (this.where === "browser") this.own?.look();
          handlers.onSnapshot(notice);
        },
      },
      open,
    );
  }

  /** Whether somebody would answer. */
  get ready(): boolean {
    return this.where === "browser" || this.link?.live === true;
  }

  get stats(): PilotStats {
    const { where, trips, own } = this;
    return {
      where,
      roundTripMs: { p50: quantile(trips, 0.5), p95: quantile(trips, 0.95) },
      own: { ready: own?.ready ?? false, failure: own?.failure ?? null },
    };
  }

  wish(wish: Wish): void {
    this.chooser.wish = wish;
    this.settle();
  }

  /** Have a state answered: right here, or by `onAction` when the server has done so (null). */
  ask(state: RawState): Action | null {
    if (this.where === "server") {
      this.send(state);
      return null;
    }
    // A server that is not needed is asked too, now and then: it may be quick again.
    if (this.sent === null && this.now() - this.triedAt > TRY_EVERY_MS) this.send(state);
    const answer = this.own?.answer(state, state.live ?? null) ?? null;
    const paramsVersion = this.own?.version ?? 0;
    return answer && { tick: state.tick, paramsVersion, ...answer };
  }

  /** Now and then: a silent server is given up, newer parameters are looked for. */
  check(): void {
    if (this.sent !== null && this.now() - this.sent.at > SILENCE_MS) this.link?.restart();
    if (this.where === "browser" || this.own?.ready === false) this.own?.look();
    this.settle();
  }

  close(): void {
    clearInterval(this.looks);
    this.link?.close();
    this.own?.close();
  }

  /** A server that has stopped without a word answers nothing that could be measured. */
  private look(): void {
    if (this.sent === null || this.where !== "server") return;
    this.chooser.waiting(this.now() - this.sent.at);
    this.settle();
  }

  private send(state: RawState): void {
    if (this.link?.live !== true) return;
    this.triedAt = this.now();
    this.sent = { tick: state.tick, at: this.now() };
    this.link.send(encodeState(state));
  }

  private linked(state: LinkState): void {
    this.state = state.state;
    if (state.state !== "live") this.sent = null;
    this.settle();
    this.handlers.onState(state);
  }

  private answered(action: Action): void {
    if (this.sent?.tick === action.tick) {
      const took = this.now() - this.sent.at;
      this.sent = null;
      this.chooser.answered(took);
      this.trips.push(took);
      if (this.trips.length > ROUND_TRIPS) this.trips.shift();
    }
    if (this.where === "server") this.handlers.onAction(action);
    this.settle();
  }

  private settle(): void {
    const before = this.where;
    this.where = this.chooser.choose(this.state, this.own?.ready ?? false);
    if (this.where === before) return;
    this.own?.look();
    const live = this.own?.live ?? null;
    if (this.where === "browser" && live !== null) this.handlers.onLive(live);
    if (this.ready) this.handlers.onReady();
  }
}
