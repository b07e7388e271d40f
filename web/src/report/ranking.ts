import type { CandidateReport } from "@/api/types";

export interface Place {
  clip: string;
  /** From 1, the motion that pays most. */
  place: number;
  score: number;
  /** Of these places, 0 for the one that pays least, 1 for the one that pays most. */
  height: number;
  /** A motion that every reward is measured against, such as standing still. */
  reference: boolean;
  /** It already meets the success checks: it is what was asked for. */
  asked: boolean;
}

const BEST = 4;

/** The best recorded motions, then the motions everything is measured against, best first. */
export function ranking(report: CandidateReport): Place[] {
  const clips = [...(report.clips ?? [])].sort((a, b) => b.score - a.score);
  const places = clips.map(
    ({ clip, score }, index): Place => ({
      clip,
      place: report.rank?.[clip] ?? index + 1,
      score,
      height: 0,
      reference: report.rank?.[clip] !== undefined,
      asked: report.meets?.includes(clip) === true,
    }),
  );
  const shown = places.filter(({ reference }, index) => reference || index < BEST);
  const most = shown[0]?.score ?? 0;
  const span = most - (shown.at(-1)?.score ?? 0) || 1;
  return shown.map((place) => ({ ...place, height: 1 - (most - place.score) / span }));
}
