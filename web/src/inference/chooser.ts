import type { LinkState } from "@/sim/messages";
import { quantile } from "@/sim/meter";
import type { Where, Wish } from "./types";

/** Slower answers than this are found in the browser, ms; quicker ones lead back to the server. */
const SLOW_MS = 50;
const QUICK_MS = 35;
/** A state without an answer for so long is as good as a slow answer, ms. */
const SILENT_MS = 250;
/** So long a slowness makes the browser begin, ms. */
const SLOW_FOR_MS = 1000;
/** More of it is never seen at once: this computer may have slept, and not the server, ms. */
const GLANCE_MS = 500;
/** So many answers tell whether a server that is only tried is quick again. */
const ANSWERS = 25;
const TRIES = 5;
/** How long the first connection may take before the browser begins, ms. */
const PATIENCE_MS = 1500;

/**
 * Decides where a policy is run: on the server, unless it is gone or slow, or somebody wants it
 * otherwise. Two thresholds, so that a server between them does not make it change to and fro.
 */
export class Chooser {
  wish: Wish = "auto";
  private where: Where = "server";
  private readonly began: number;
  private trips: number[] = [];
  /** For how long the server has been slow; every quick answer makes up for one just too slow. */
  private slowFor = 0;
  private weighed = 0;

  constructor(private readonly now: () => number) {
    this.began = now();
  }

  /** An answer of the server took so long, ms. */
  answered(ms: number): void {
    this.trips.push(ms);
    if (this.trips.length > ANSWERS) this.trips.shift();
    this.weigh(ms);
  }

  /** The server has not answered for so long, ms; to be told several times a second. */
  waiting(ms: number): void {
    if (ms >= SILENT_MS) this.weigh(ms);
  }

  /** `able`: whether the browser has a policy to run. */
  choose(link: LinkState["state"], able: boolean): Where {
    const next = able ? this.wanted(link) : "server";
    if (next !== this.where) {
      this.trips = [];
      this.slowFor = 0;
    }
    this.where = next;
    return next;
  }

  private wanted(link: LinkState["state"]): Where {
    if (this.wish !== "auto") return this.wish;
    switch (link) {
      case "live":
        return this.byPace();
      case "connecting":
        return this.where === "browser" || this.now() - this.began > PATIENCE_MS
          ? "browser"
          : "server";
      case "refused":
        return "server"; // it is to be seen, not to be got around
      default:
        return "browser"; // the server is gone, or there is none
    }
  }

  private byPace(): Where {
    if (this.where === "server") return this.slowFor >= SLOW_FOR_MS ? "browser" : "server";
    const usual = quantile(this.trips, 0.5);
    return this.trips.length >= TRIES && usual < QUICK_MS ? "server" : "browser";
  }

  /** A state was waited for these last ms; what was weighed before is not weighed again. */
  private weigh(ms: number): void {
    const now = this.now();
    const more = Math.min(ms, now - this.weighed, GLANCE_MS);
    this.slowFor = Math.max(0, this.slowFor + (ms > SLOW_MS ? more : -SLOW_MS));
    this.weighed = now;
  }
}
