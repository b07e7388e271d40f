import type { ReactNode } from "react";
import type { Readout, Robot } from "@/api/types";
import { BASE_VERSION } from "@/generated/contract";
import type { Where } from "@/inference/types";
import type { Session, SessionState } from "@/sim/session";
import { Button, cx, Note } from "@/ui/kit";
import type { Drive } from "./drive";

/** Below this share of its control rate a robot lags visibly. */
const SLOW_SHARE = 0.9;
/** Figures that are never below zero. */
const UNSIGNED = new Set(["height", "tool_speed"]);

interface Props {
  state: SessionState;
  drive: Drive;
}

/** Whether and by what the robot is driven. */
export function StatusPill({ state, drive }: Props): ReactNode {
  const [dot, text] = status(state, drive);
  const plays = drive.kind === "policy" && !state.posed;
  return (
    <div className="flex max-w-full flex-col items-start gap-1.5">
      <div
        data-testid="link"
        data-state={state.link.state}
        data-inference={whereOf(state) ?? "none"}
        className="flex max-w-full items-center gap-2 rounded-full border border-line bg-panel/85 py-1 pr-3 pl-2.5 text-xs text-soft backdrop-blur"
      >
        <span className={cx("size-2 shrink-0 rounded-full", dot)} aria-hidden />
        <span className="min-w-0 truncate">{text}</span>
        {state.trouble !== null && !state.posed && (
          <span className="truncate text-warn">· {state.trouble.label}</span>
        )}
      </div>
      {plays && state.link.state === "lost" && whereOf(state) === "browser" && (
        <p className="rise rounded-lg bg-panel/70 px-2.5 py-1 text-xs text-faint" role="status">
          The server does not answer: this browser runs the policy.
        </p>
      )}
      {state.snapshot !== null && plays && (
        <p
          key={state.snapshot.version}
          className="rise max-w-sm rounded-lg bg-panel/70 px-2.5 py-1 text-xs text-faint"
        >
          {state.snapshot.scheduleWords}
        </p>
      )}
    </div>
  );
}

function status(state: SessionState, drive: Drive): [string, string] {
  if (state.posed) return ["bg-info", "Replay of an evaluated episode"];
  if (drive.kind === "replay") return ["bg-info", `Recording “${drive.clip.replaceAll("_", " ")}”`];
  if (drive.kind === "idle") return ["bg-faint", "At rest, no policy"];
  const version = state.stats?.paramsVersion ?? BASE_VERSION;
  const learnt = version === BASE_VERSION ? "pretrained policy" : `snapshot ${version}`;
  const policy = drive.taught ? `taught “${drive.taught}”` : learnt;
  if (whereOf(state) === "browser") return ["bg-good", `In this browser · ${policy}`];
  switch (state.link.state) {
    case "live":
      return ["bg-good", `Live · ${policy}`];
    case "lost":
      return ["bg-warn animate-pulse", "Connection lost, trying again"];
    case "refused":
      return ["bg-bad", "Refused by the server"];
    default:
      return ["bg-warn animate-pulse", "Connecting…"];
  }
}

/** Where the policy is run; null while nobody runs one. */
function whereOf({ link, stats }: SessionState): Where | null {
  const where = stats?.pilot?.where ?? null;
  return where === "server" && link.state !== "live" ? null : where;
}

/** The robot's figures and the health of the control loop. */
export function Figures({ state, drive, robot }: Props & { robot: Robot }): ReactNode {
  const { stats } = state;
  if (stats === null || drive.kind === "replay" || state.posed) return null;
  const live = drive.kind === "policy" && whereOf(state) !== null;
  const trip = stats.pilot?.roundTripMs.p50 ?? Number.NaN;
  return (
    <dl className="tabular grid grid-cols-[repeat(3,auto)] gap-x-4 gap-y-1 rounded-xl border border-line bg-panel/85 px-3 py-2 text-xs backdrop-blur">
      {robot.readouts.map((readout, index) => {
        const value = stats.readings[index] ?? null;
        if (value === null) return null;
        return (
          <Item
            key={`${readout.quantity} ${readout.part}`}
            label={readout.label}
            value={`${reading(value, readout)} ${readout.unit}`.trim()}
          />
        );
      })}
      {live && (
        <>
          <Item label="runs in" value={whereOf(state) === "browser" ? "browser" : "server"} roomy />
          <Item label="round trip" value={`${number(trip, 1)} ms`} roomy />
          <Item
            label="control"
            value={`${number(stats.controlHz, 0)} Hz`}
            warn={stats.controlHz < SLOW_SHARE * robot.control_hz && !state.paused}
          />
          <Item label="real time" value={`${number(stats.realTimeFactor, 2)} ×`} />
        </>
      )}
    </dl>
  );
}

function Item({
  label,
  value,
  warn = false,
  roomy = false,
}: {
  label: string;
  value: string;
  warn?: boolean;
  /** Not on a phone, where it would hide the robot. */
  roomy?: boolean;
}): ReactNode {
  return (
    <div className={cx("min-w-[4.6rem]", roomy && "max-sm:hidden")}>
      <dt className="text-[10px] tracking-wide text-faint uppercase">{label}</dt>
      <dd className={cx("font-mono", warn ? "text-warn" : "text-text")}>{value}</dd>
    </div>
  );
}

function number(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : "–";
}

/** A figure with its sign, where it can have either. */
function reading(value: number, { quantity, decimals }: Readout): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value).toFixed(decimals);
  if (UNSIGNED.has(quantity)) return size;
  return `${value < 0 && Number(size) > 0 ? "−" : "+"}${size}`;
}

/** What stands between the user and a moving robot. */
export function LinkBanner({ state, drive, session }: Props & { session: Session }): ReactNode {
  if (drive.kind !== "policy" || state.posed) return <span />;
  const { link, recovered } = state;
  if (link.state === "refused") {
    return (
      <div className="pointer-events-auto mx-auto w-full max-w-lg rounded-xl bg-panel">
        <Note
          kind="bad"
          title={
            link.code === "socket_refused"
              ? "The policy's address cannot be opened from this page"
              : "The inference server refused this robot"
          }
          action={<Button onClick={() => session.connect(drive.connection)}>Try again</Button>}
        >
          {link.message} <span className="font-mono text-xs opacity-70">({link.code})</span>
        </Note>
      </div>
    );
  }
  if (link.state === "lost" && whereOf(state) !== "browser") {
    return (
      <div className="mx-auto w-full max-w-lg rounded-xl bg-panel">
        <Note kind="warn" title="Connection to the policy lost">
          The robot holds its last pose. Trying again in {link.retryInS} s (attempt {link.attempt}).
        </Note>
      </div>
    );
  }
  if (recovered !== null && Date.now() - recovered.at < 4000) {
    const text =
      recovered.reason === "fell"
        ? "It fell and was put back to its home pose."
        : "The simulation diverged and was restarted.";
    return (
      <p className="rise mx-auto rounded-full border border-line bg-panel/90 px-4 py-1.5 text-sm text-soft">
        {text}
      </p>
    );
  }
  return <span />;
}
