import type { LinkState } from "@/sim/messages";
import { quantile } from "@/sim/meter";
import type { Where, Wish } from "./types";

/** Slower answers than this are found in the browser, ms; quicker ones lead back to the server. */
const SLOW_MS = 50;
const QUICK_MS = 35;
/** A state without an answer for so long is as good as a slow answer, ms. */
const SILENT_MS = 250;
/** So much slowness within so long makes the browser begin, ms. */
const SLOW_FOR_MS = 1000;
const WITHIN_MS = 2000;
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
  /** For how long the server was slow up to some moments. */
  private slow: { at: number; ms: number }[] = [];
  private weighed = 0;

  constructor(private readonly now: () => number) {
    this.began = now();
  }

  /** An answer of the server took so long, ms. */
  answered(ms: number): void {
    this.trips.push(ms);
    if (this.trips.length > ANSWERS) this.trips.shift();
    this.weigh(ms > SLOW_MS ? ms : 0);
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
      this.slow = [];
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
    if (this.where === "server") {
      const since = this.now() - WITHIN_MS;
      const slow = this.slow.reduce((sum, { at, ms }) => (at > since ? sum + ms : sum), 0);
      return slow >= SLOW_FOR_MS ? "browser" : "server";
    }
    const usual = quantile(this.trips, 0.5);
    return this.trips.length >= TRIES && usual < QUICK_MS ? "server" : "browser";
  }

  /** The server was slow for the last so many ms; what was weighed before is not weighed again. */
  private weigh(slowFor: number): void {
    const now = this.now();
    const ms = Math.min(slowFor, now - this.weighed, GLANCE_MS);
    this.weighed = now;
    this.slow = this.slow.filter(({ at }) => at > now - WITHIN_MS);
    if (ms > 0) this.slow.push({ at: now, ms });
  }
}
