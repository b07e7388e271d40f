import type { RefObject } from "react";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { Robot } from "@/api/types";
import type { Connection } from "@/sim/messages";
import { useDark } from "@/ui/ThemeButton";
import type { Rounds } from "@/viewer/lost/useRounds";
import { useRounds } from "@/viewer/lost/useRounds";
import { Crowd } from "./crowd";
import type { GroupState } from "./group";
import { Group } from "./group";
import type { GroupView } from "./groupView";
import { keeping, lateAnswers } from "./slowness";

const NOTHING: GroupState = {
  scene: null,
  failure: null,
  paused: false,
  trouble: null,
  links: [],
  stats: [],
};
const nothing = (): GroupState => NOTHING;
const never = () => () => undefined;

/** The robots that these connections drive; started anew when they are others. */
export function useGroup(
  robot: Robot,
  sceneUrl: string,
  connections: readonly Connection[],
): Group | null {
  const [group, setGroup] = useState<Group | null>(null);
  const key = JSON.stringify(connections);
  const wanted = useMemo(() => JSON.parse(key) as Connection[], [key]);
  useEffect(() => {
    const made = new Group(sceneUrl, robot, wanted);
    setGroup(made);
    return () => {
      setGroup(null);
      made.dispose();
    };
  }, [robot, sceneUrl, wanted]);
  return group;
}

export function useGroupState(group: Group | null): GroupState {
  return useSyncExternalStore(group?.subscribe ?? never, group?.getState ?? nothing);
}

interface Picture extends Pick<Rounds, "lost" | "again"> {
  fault: string | null;
  /** How many are left undrawn, the last ones. */
  undrawn: number;
  /** How long answers take that hold the robots up, ms; null where none does. */
  answersMs: number | null;
}

/** Their picture in `container`; where the machine cannot draw so many, fewer for a while. */
export function useGroupPicture(
  group: Group | null,
  robot: Robot,
  container: RefObject<HTMLElement | null>,
  places: RefObject<(HTMLElement | null)[]>,
): Picture {
  const { scene } = useGroupState(group);
  const dark = useDark();
  const [view, setView] = useState<GroupView | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const { round, losses, lost, setLost, again } = useRounds();

  useEffect(() => {
    const element = container.current;
    if (element === null || scene === null || group === null) return undefined;
    let left = false;
    let next: GroupView | null = null;
    void import("./groupView")
      .then((module) => {
        if (left) return;
        const { camera, control_hz: controlHz } = robot;
        next = new module.GroupView(element, () => places.current, group.members, {
          scene,
          camera,
          controlHz,
          dark,
        });
        next.onLost = () => setLost(losses.lost(round));
        if (robot.visuals_url !== null)
          void next.loadMeshes(robot.visuals_url).catch(() => undefined);
        setView(next);
        setLost(null);
      })
      .catch((error: unknown) => setFault(error instanceof Error ? error.message : String(error)));
    return () => {
      left = true;
      losses.forget();
      setView(null);
      next?.dispose();
    };
  }, [group, scene, robot, dark, container, places, round, losses, setLost]);

  return { fault, lost, again, ...usePace(group, robot.control_hz, view) };
}

/** How many are drawn, by how well all of them keep their control rate. */
function usePace(
  group: Group | null,
  controlHz: number,
  view: GroupView | null,
): Pick<Picture, "undrawn" | "answersMs"> {
  const { stats, links, paused } = useGroupState(group);
  const count = group?.members.length ?? 0;
  const crowd = useMemo(() => new Crowd(count), [count]);
  const [pace, setPace] = useState({ undrawn: 0, answersMs: null as number | null });

  useEffect(() => {
    const now = performance.now();
    const kept = paused || view === null ? "fair" : keeping(links, stats, controlHz);
    const late = lateAnswers(stats, controlHz);
    // What waits for answers is not helped by drawing less.
    const waits = kept === "slow" && view?.steady === true && late !== null;
    const drawn = crowd.judge(waits ? "waits" : kept, now);
    const answersMs = crowd.waits(now) ? late : null;
    if (view !== null) view.drawn = drawn;
    const undrawn = count - drawn;
    setPace((before) =>
      before.undrawn === undrawn && before.answersMs === answersMs
        ? before
        : { undrawn, answersMs },
    );
  }, [crowd, count, stats, links, paused, controlHz, view]);

  return pace;
}
