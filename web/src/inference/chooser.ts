import type { LinkState } from "@/sim/messages";
import { quantile } from "@/sim/meter";
import type { Where, Wish } from "./types";

/** Slower answers than this are found in the browser, ms; quicker ones lead back to the server. */
const SLOW_MS = 50;
const QUICK_MS = 35;
/** So many answers tell how quick a server is; of one that is only tried, fewer. */
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

  constructor(private readonly now: () => number) {
    this.began = now();
  }

  /** An answer of the server took so long, ms. */
  answered(ms: number): void {
    this.trips.push(ms);
    if (this.trips.length > ANSWERS) this.trips.shift();
  }

  /** `able`: whether the browser has a policy to run. */
  choose(link: LinkState["state"], able: boolean): Where {
    const next = able ? this.wanted(link) : "server";
    if (next !== this.where) this.trips = [];
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
    const usual = quantile(this.trips, 0.5);
    if (this.where === "server") {
      return this.trips.length >= ANSWERS && usual > SLOW_MS ? "browser" : "server";
    }
    return this.trips.length >= TRIES && usual < QUICK_MS ? "server" : "browser";
  }
}
