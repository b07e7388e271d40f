/** A success check while it is edited: every field as typed, so that nothing typed is lost. */
import type { CheckSpec, CheckView, QuantityInfo, Statistic } from "@/api/types";
import { CHECKS, STATISTICS } from "@/generated/contract";

export interface CheckDraft {
  /** Tells rows apart while they are added and removed; the `id` goes to the server. */
  key: string;
  id: string;
  quantity: string;
  part: string;
  /** What the quantity is to follow, where it follows a path: kept as it is. */
  path: CheckView["path"];
  statistic: Statistic;
  frequency: string;
  threshold: string;
  start: string;
  end: string;
  atLeast: string;
  atMost: string;
}

export type Faults = Partial<Record<keyof CheckDraft, string>>;

const ID = new RegExp(CHECKS.idPattern);

/** What a statistic does, in a few words. */
export const STATISTIC_LABELS: Record<Statistic, string> = {
  mean: "mean",
  mean_abs: "mean size, without sign",
  min: "smallest value",
  max: "largest value",
  std: "standard deviation",
  range: "largest minus smallest",
  change: "change from start to end",
  final: "last value",
  amplitude: "amplitude of its swing",
  frequency: "how often it swings",
  rhythm: "match with a beat",
  share_above: "share of time above",
  share_below: "share of time below",
  any: "happens at all",
};

const text = (value: number | null | undefined): string => (value == null ? "" : String(value));

export function draftOf(check: CheckView): CheckDraft {
  return {
    key: check.id,
    id: check.id,
    quantity: check.quantity,
    part: check.part ?? "",
    path: check.path,
    statistic: check.statistic,
    frequency: text(check.frequency),
    threshold: text(check.threshold),
    start: text(check.start_s),
    end: text(check.end_s),
    atLeast: text(check.at_least),
    atMost: text(check.at_most),
  };
}

/** A further check, of the first quantity on offer. */
export function newCheck(quantity: QuantityInfo, taken: readonly CheckDraft[]): CheckDraft {
  return {
    key: `new-${Date.now()}-${taken.length}`,
    id: freeId(quantity.name, taken),
    quantity: quantity.name,
    part: quantity.part_required ? (quantity.parts?.[0] ?? "") : "",
    path: null,
    statistic: "mean",
    frequency: "",
    threshold: "",
    start: text(CHECKS.startS),
    end: text(CHECKS.endS),
    atLeast: "",
    atMost: "",
  };
}

function freeId(name: string, taken: readonly CheckDraft[]): string {
  const ids = new Set(taken.map(({ id }) => id));
  let stem = name;
  while (stem.length > 1 && !ID.test(`${stem}_${CHECKS.maxCount}`)) stem = stem.slice(0, -1);
  let id = stem;
  for (let n = 2; ids.has(id); n += 1) id = `${stem}_${n}`;
  return id;
}

/** Another quantity: a part and a path of the old one mean nothing in the new one. */
export function withQuantity(draft: CheckDraft, info: QuantityInfo): CheckDraft {
  const kept = info.parts?.includes(draft.part) === true;
  const first = info.part_required ? (info.parts?.[0] ?? "") : "";
  const path = info.name === draft.quantity ? draft.path : null;
  return { ...draft, quantity: info.name, part: kept ? draft.part : first, path };
}

export function usesFrequency(statistic: Statistic): boolean {
  return STATISTICS[statistic].frequency !== "unused";
}

export function usesThreshold(statistic: Statistic): boolean {
  return STATISTICS[statistic].threshold !== "unused";
}

/** Unit of the bounds. */
export function unitOf(draft: CheckDraft, info: QuantityInfo | undefined): string {
  const { unit } = STATISTICS[draft.statistic];
  // What has no unit of its own, nor the quantity's, is a share.
  return unit === "" ? "0 … 1" : (unit ?? info?.unit ?? "");
}

/** The number somebody typed, also with a decimal comma; null for an empty field, NaN for words. */
export function typed(field: string): number | null {
  const trimmed = field.trim();
  return trimmed === "" ? null : Number(trimmed.replace(",", ".").replace("−", "-"));
}

/** How long an evaluation may last; with phases it waits for late checks. */
export function longestEpisode(phases: readonly number[]): number {
  return phases.length > 1 ? CHECKS.longestEpisodeS : CHECKS.episodeS;
}

/** What is wrong with the fields, field by field. */
export function faultsOf(
  draft: CheckDraft,
  info: QuantityInfo | undefined,
  lastsS: number = CHECKS.episodeS,
): Faults {
  const faults: Faults = {};
  const number = (field: "frequency" | "threshold" | "start" | "end" | "atLeast" | "atMost") => {
    const value = typed(draft[field]);
    if (value !== null && !Number.isFinite(value)) faults[field] = "not a number";
    return value;
  };
  const [least, most] = [number("atLeast"), number("atMost")];
  if (least === null && most === null) faults.atLeast = "give a bound";
  if (least !== null && most !== null && least > most) faults.atMost = "below the lower bound";
  const [start, end] = [number("start"), number("end")];
  if (start === null || start < 0) faults.start ??= "from 0";
  else if (start >= lastsS) faults.start = `an episode lasts ${lastsS} s`;
  if (end === null) faults.end = "missing";
  else if (start !== null && end <= start) faults.end = "ends before it begins";
  else if (start !== null && Math.min(end, lastsS) - start < CHECKS.shortestWindowS) {
    faults.end ??= `${CHECKS.shortestWindowS} s at least`;
  }
  const uses = STATISTICS[draft.statistic];
  if (uses.frequency !== "unused") {
    const hertz = number("frequency");
    if (hertz === null && uses.frequency === "required") faults.frequency = "missing";
    if (hertz !== null && !(hertz > CHECKS.aboveHz && hertz <= CHECKS.maxHz)) {
      faults.frequency = `${CHECKS.aboveHz} to ${CHECKS.maxHz} Hz`;
    }
  }
  if (uses.threshold === "required" && number("threshold") === null) faults.threshold = "missing";
  const needed = info?.part_required === true && draft.path === null;
  if (needed && draft.part === "") faults.part = "choose one";
  return faults;
}

/** The check as the server takes it; only for a draft without faults. */
export function specOf(draft: CheckDraft): CheckSpec {
  return {
    id: draft.id,
    quantity: draft.quantity,
    statistic: draft.statistic,
    part: draft.part === "" ? null : draft.part,
    path: draft.path,
    frequency: usesFrequency(draft.statistic) ? typed(draft.frequency) : null,
    threshold: usesThreshold(draft.statistic) ? typed(draft.threshold) : null,
    start_s: typed(draft.start) ?? 0,
    end_s: typed(draft.end) ?? CHECKS.endS,
    at_least: typed(draft.atLeast),
    at_most: typed(draft.atMost),
  };
}
