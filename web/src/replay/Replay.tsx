import { Pause, Play, Radio, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { useEffect, useState } from "react";
import type { Session } from "@/sim/session";
import { Select } from "@/ui/fields";
import { Button, cx } from "@/ui/kit";
import type { Episode, Episodes } from "./episodes";
import { TimeLine } from "./TimeLine";
import type { Playback } from "./usePlayback";
import { usePlayback } from "./usePlayback";

const SPEEDS: [number, string][] = [
  [1, "1 ×"],
  [0.5, "½ ×"],
  [0.25, "¼ ×"],
  [0.1, "⅒ ×"],
];

interface Props {
  session: Session;
  episodes: Episodes;
}

/** The typical and the worst of an evaluation, one of which a session shows. */
export function Replay({ session, episodes }: Props): ReactNode {
  const [index, setIndex] = useState(0);
  const episode = episodes.shown[index];
  if (episode === undefined) return null;
  return (
    <Player
      key={episode.kind}
      session={session}
      episodes={episodes}
      episode={episode}
      onChoose={setIndex}
    />
  );
}

interface PlayerProps extends Props {
  episode: Episode;
  onChoose: (index: number) => void;
}

function Player({ session, episodes, episode, onChoose }: PlayerProps): ReactNode {
  const playback = usePlayback(episode.poses.length, episodes.hz);
  const [watching, setWatching] = useState(true);
  const { step, playing, seek, play, pause } = playback;

  useEffect(() => {
    session.pose(watching ? (episode.poses[step] ?? null) : null);
  }, [session, episode, watching, step]);
  useEffect(() => () => session.pose(null), [session]);

  const shown: Playback = {
    ...playback,
    seek: (to) => {
      setWatching(true);
      seek(to);
    },
    play: () => {
      setWatching(true);
      play();
    },
  };
  const live = (): void => {
    pause();
    setWatching(false);
  };
  return (
    <div data-testid="replay" data-step={step} data-watching={watching}>
      <TimeLine episodes={episodes} episode={episode} playback={shown}>
        <Transport playback={shown} />
        {episodes.shown.length > 1 && (
          <Choice episodes={episodes} episode={episode} onChoose={onChoose} />
        )}
        <Failure episode={episode} onSeek={shown.seek} />
        <Button className="ml-auto h-8 px-2 sm:px-2.5" disabled={!watching} onClick={live}>
          <Radio className="size-4" aria-hidden /> <span className="max-sm:sr-only">Live</span>
        </Button>
      </TimeLine>
      <p className="mt-2 text-xs text-faint">
        {playing ? "" : "Arrow keys go a step, with Shift ten. "}Numbers are in the reward's
        weights, each curve has its own height
        {episodes.clipped && "; the reward is never below zero"}.
      </p>
    </div>
  );
}

function Transport({ playback }: { playback: Playback }): ReactNode {
  const { playing, play, pause, speed, setSpeed } = playback;
  return (
    <>
      <Button className="h-8 px-2 sm:w-20" onClick={playing ? pause : play}>
        {playing ? (
          <Pause className="size-4" aria-hidden />
        ) : (
          <Play className="size-4" aria-hidden />
        )}
        <span className="max-sm:sr-only">{playing ? "Pause" : "Play"}</span>
      </Button>
      <span className="w-16">
        <Select
          aria-label="Speed of the replay"
          value={speed}
          onChange={(event) => setSpeed(Number(event.target.value))}
        >
          {SPEEDS.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </Select>
      </span>
    </>
  );
}

function Choice({ episodes, episode, onChoose }: Omit<PlayerProps, "session">): ReactNode {
  const words = { typical: "Typical", worst: `Worst of ${episodes.evaluated}` };
  return (
    <fieldset className="flex rounded-lg border border-line-strong" aria-label="Which episode">
      {episodes.shown.map(({ kind }, index) => (
        <button
          key={kind}
          type="button"
          aria-pressed={kind === episode.kind}
          onClick={() => onChoose(index)}
          className={cx(
            "h-[30px] rounded-[7px] px-2 text-[13px] sm:px-2.5 whitespace-nowrap",
            kind === episode.kind ? "bg-raised text-accent" : "text-soft hover:text-text",
          )}
        >
          {words[kind]}
        </button>
      ))}
    </fieldset>
  );
}

/** Leads to the moment at which the robot failed, if it did. */
function Failure({
  episode: { failedS, time },
  onSeek,
}: {
  episode: Episode;
  onSeek: (step: number) => void;
}): ReactNode {
  if (failedS === null) return null;
  return (
    <Button
      tone="danger"
      className="h-8 px-2.5"
      onClick={() => onSeek(time.findIndex((at) => at >= failedS))}
    >
      <TriangleAlert className="size-4" aria-hidden /> Failed at {failedS.toFixed(2)} s
    </Button>
  );
}
