import { FileMusic, Hand, Mic, Shuffle, Square } from "lucide-react";
import type { ReactNode } from "react";
import { useRef, useSyncExternalStore } from "react";
import type { Scene } from "@/deck/panel";
import { Button, cx, Note } from "@/ui/kit";
import type { MusicState, Playing } from "./music";
import { musicOf } from "./music";

/** Music, and a robot that keeps its beat. */
export function MusicPanel({ session, robot }: Scene): ReactNode {
  const music = musicOf(session, robot.driving);
  const state = useSyncExternalStore(music.subscribe, music.getState);
  const input = useRef<HTMLInputElement>(null);
  const { playing, choreography } = state;
  const { style, seed, only } = choreography;
  return (
    <div className="flex flex-col gap-3" data-testid="music">
      <div className="flex flex-wrap items-center gap-2">
        <input
          ref={input}
          type="file"
          accept="audio/*"
          className="hidden"
          aria-label="Music file"
          onChange={(event) => {
            const file = event.target.files?.[0];
            if (file !== undefined) void music.file(file);
            event.target.value = ""; // the same file may be chosen again
          }}
        />
        <Button className="h-8" busy={state.starting} onClick={() => input.current?.click()}>
          <FileMusic className="size-4" aria-hidden /> Play a file
        </Button>
        <Button className="h-8" disabled={state.starting} onClick={() => void music.microphone()}>
          <Mic className="size-4" aria-hidden /> Listen
        </Button>
        <Button
          className="h-8"
          onClick={({ timeStamp }) => music.tap(performance.timeOrigin + timeStamp)}
        >
          <Hand className="size-4" aria-hidden /> Tap the beat
        </Button>
        {playing !== null && (
          <Button className="h-8" onClick={() => music.stop()}>
            <Square className="size-4" aria-hidden /> Stop
          </Button>
        )}
      </div>
      {state.problem !== null && <Note kind="warn" title={state.problem} />}
      {playing !== null && <Beat state={state} />}
      {robot.driving.moves.length > 0 && (
        <fieldset className="flex flex-wrap items-center gap-2 text-xs text-soft">
          <legend className="sr-only">What it dances</legend>
          {(["moves", "own"] as const).map((one) => (
            <label
              key={one}
              className={cx(
                "flex h-8 cursor-pointer items-center rounded-lg border px-2.5 has-focus-visible:outline-2 has-focus-visible:outline-accent",
                one === style
                  ? "border-accent/50 text-accent"
                  : "border-line-strong hover:border-faint",
              )}
            >
              <input
                type="radio"
                name="style"
                className="sr-only"
                checked={one === style}
                onChange={() => music.dance({ style: one })}
              />
              {one === "moves" ? "Dance moves" : "What it learnt, in time"}
            </label>
          ))}
          {style === "moves" && (
            <>
              <select
                aria-label="Moves"
                className="h-8 rounded-lg border border-line-strong bg-raised px-2"
                value={only ?? ""}
                onChange={(event) => music.dance({ only: event.target.value || null })}
              >
                <option value="">all in turn</option>
                {robot.driving.moves.map(({ name }) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
              {only === null && (
                <Button
                  tone="quiet"
                  className="h-8"
                  onClick={() => music.dance({ seed: seed + 1 })}
                >
                  <Shuffle className="size-4" aria-hidden /> Another order
                </Button>
              )}
            </>
          )}
        </fieldset>
      )}
    </div>
  );
}

function Beat({ state: { playing, danced, listening } }: { state: MusicState }): ReactNode {
  const bpm = danced?.bpm ?? null;
  return (
    <p
      className="text-sm text-soft"
      role="status"
      data-testid="beat"
      data-bpm={bpm === null ? "" : bpm.toFixed(1)}
    >
      {bpm === null ? (
        without(playing, listening)
      ) : (
        <>
          <span className="font-mono text-text">{bpm.toFixed(0)}</span> beats a minute, from{" "}
          {playing?.name}
          {danced?.move != null && (
            <>
              {" "}
              · <span className="text-text">{danced.move}</span>
            </>
          )}
        </>
      )}
    </p>
  );
}

/** What is said as long as there is no beat. */
function without(playing: Playing | null, listening: boolean): string {
  if (playing?.kind === "taps") return "Tap once more, and go on for a steadier beat.";
  return listening ? "Listening…" : "No beat found: the robot keeps its own.";
}
