import { useCallback, useState } from "react";
import type { Lost } from "./losses";
import { Losses } from "./losses";

export interface Rounds {
  /** Another one each time that the picture is to be drawn anew. */
  round: number;
  losses: Losses;
  lost: Lost | null;
  setLost: (lost: Lost | null) => void;
  again: () => void;
}

/** Has a picture drawn anew whenever its graphics context is lost. */
export function useRounds(): Rounds {
  const [round, setRound] = useState(0);
  const [lost, setLost] = useState<Lost | null>(null);
  const again = useCallback(() => setRound((before) => before + 1), []);
  const [losses] = useState(() => new Losses(again));
  return { round, losses, lost, setLost, again };
}
