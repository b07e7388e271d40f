import type { ReactNode } from "react";
import type { RobustnessRow, Trouble } from "@/api/types";
import type { Session } from "@/sim/session";
import { useCurrentSession, useSessionState } from "@/viewer/SessionProvider";
import { Robustness } from "./Robustness";

interface Props {
  rows: readonly RobustnessRow[];
  troubles: readonly Trouble[];
}

/** The robustness of a result whose policy drives the robot in the picture: rows can be tried. */
export function TriedRobustness({ rows, troubles }: Props): ReactNode {
  const session = useCurrentSession();
  return session === null ? (
    <Robustness rows={rows} />
  ) : (
    <Tried rows={rows} troubles={troubles} session={session} />
  );
}

function Tried({ rows, troubles, session }: Props & { session: Session }): ReactNode {
  const { trouble } = useSessionState(session);
  const change = (next: Trouble | null): void => {
    session.setTrouble(next);
    if (next !== null) window.scrollTo({ top: 0, behavior: "smooth" }); // there is the picture
  };
  return (
    <Robustness rows={rows} trials={{ troubles, tried: trouble?.name ?? null, onTry: change }} />
  );
}
