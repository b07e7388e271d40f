import type { ReactNode } from "react";
import { useRef } from "react";
import type { Robot } from "@/api/types";
import type { Connection, LinkState, Stats } from "@/sim/messages";
import { cx, Note } from "@/ui/kit";
import { LostPicture } from "@/viewer/lost/LostPicture";
import { Unavailable } from "@/viewer/Unavailable";
import { GroupControls } from "./GroupControls";
import { driven } from "./slowness";
import { useGroup, useGroupPicture, useGroupState } from "./useGroup";

export interface Shown {
  key: string;
  name: string;
  /** What it is at, in a few words. */
  note: string;
  connection: Connection;
}

const COLUMNS = ["", "grid-cols-1", "grid-cols-2", "grid-cols-2 lg:grid-cols-3"] as const;

interface Props {
  robot: Robot;
  /** The scene that all of them move in. */
  sceneUrl: string;
  shown: Shown[];
}

/** Several robots to one clock; what is done to one is done to all. */
export function SideBySide({ robot, sceneUrl, shown }: Props): ReactNode {
  const group = useGroup(
    robot,
    sceneUrl,
    shown.map(({ connection }) => connection),
  );
  const state = useGroupState(group);
  const container = useRef<HTMLDivElement>(null);
  const places = useRef<(HTMLElement | null)[]>([]);
  const picture = useGroupPicture(group, robot, container, places);
  const { fault, undrawn, answersMs } = picture;
  const drawn = shown.length - undrawn;
  const { failure } = state;
  if (failure !== null || fault !== null)
    return (
      <div className="card relative h-[60vh]">
        <Unavailable failure={failure} webgl={fault} />
      </div>
    );
  return (
    <div className="space-y-3">
      <div className="card overflow-hidden">
        <div ref={container} className="relative bg-ink" data-testid="group" data-drawn={drawn}>
          <div
            className={cx("relative grid", COLUMNS[shown.length] ?? "grid-cols-2 xl:grid-cols-4")}
          >
            {shown.map((one, n) => (
              <Seat
                key={one.key}
                shown={one}
                link={state.links[n]}
                stats={state.stats[n] ?? null}
                drawn={n < drawn}
                place={(element) => {
                  places.current[n] = element;
                }}
              />
            ))}
          </div>
          <LostPicture lost={picture.lost} again={picture.again} />
        </div>
        {group !== null && <GroupControls group={group} robot={robot} />}
      </div>
      {undrawn > 0 && (
        <Note title={`${drawn} of ${shown.length} robots are drawn`}>
          This machine draws too slowly for all of them to keep their pace. The others move on
          undrawn, and are drawn again once there is time for it.
        </Note>
      )}
      {answersMs !== null && (
        <Note title="The robots move more slowly than real ones">
          Each step waits for its policy, whose answers take {answersMs.toFixed(0)} ms; a step lasts{" "}
          {(1000 / robot.control_hz).toFixed(0)} ms. The inference server is far away, or busy.
        </Note>
      )}
    </div>
  );
}

interface SeatProps {
  shown: Shown;
  link: LinkState | undefined;
  stats: Stats | null;
  drawn: boolean;
  place: (element: HTMLElement | null) => void;
}

/** One robot's part of the picture, with its name and how it is doing. */
function Seat({ shown, link, stats, drawn, place }: SeatProps): ReactNode {
  return (
    <section
      ref={place}
      aria-label={shown.name}
      data-testid="seat"
      data-state={link?.state}
      className={cx(
        "relative h-[34vh] min-h-56 border-line not-first:border-l lg:h-[58vh]",
        !drawn && "bg-well",
      )}
    >
      <div className="pointer-events-none absolute inset-x-2 top-2 sm:inset-x-3 sm:top-3">
        <h2 className="flex items-center gap-2 text-sm font-semibold">
          <span
            className={cx(
              "size-2 shrink-0 rounded-full",
              driven(link, stats) ? "bg-good" : "bg-warn",
            )}
            aria-hidden
          />
          <span className="truncate">{shown.name}</span>
        </h2>
        <p className="mt-0.5 text-xs text-soft">{words(shown, link, stats)}</p>
      </div>
      {!drawn && (
        <p className="absolute inset-0 grid place-items-center text-sm text-faint">Not drawn</p>
      )}
    </section>
  );
}

function words(shown: Shown, link: LinkState | undefined, stats: Stats | null): string {
  if (link?.state === "refused") return link.message;
  const here = stats?.pilot?.where === "browser";
  if (link?.state === "lost" && !here) return "Connection lost, trying again";
  const version = stats?.paramsVersion ?? 0;
  const policy = version === 0 ? shown.note : `${shown.note} · snapshot ${version}`;
  if (stats === null) return policy;
  return `${policy} · ${stats.controlHz.toFixed(0)} Hz${here ? " in this browser" : ""}`;
}
