import { useEffect, useMemo } from "react";
import type { Driven, Model, Recording, Robot } from "@/api/types";
import type { Connection } from "@/sim/messages";
import type { Session } from "@/sim/session";

/** What moves the robot: nobody, a policy, or a recording. */
export type Drive =
  | { kind: "idle" }
  /** `taught`: what it does, where that is not told beside the picture. */
  | { kind: "policy"; connection: Connection; taught?: string }
  | { kind: "replay"; clip: string; qpos: number[][]; hz: number };

export const IDLE: Drive = { kind: "idle" };

/** A recorded motion at the wheel. */
export function replayOf({ clip, qpos, hz }: Recording): Drive {
  return { kind: "replay", clip, qpos, hz };
}

/** The policy of a model at the wheel; nobody until the model is known. */
export function usePolicyDrive(model: Model | undefined): Drive {
  const { inference_url: url, id: modelId, scene_sha256: sceneSha256 } = model ?? {};
  return useMemo(
    () =>
      url === undefined || modelId === undefined || sceneSha256 === undefined
        ? IDLE
        : { kind: "policy", connection: { url, modelId, sceneSha256 } },
    [url, modelId, sceneSha256],
  );
}

/** A policy that is there without any training; nobody where there is none. */
export function useBuiltInDrive(
  driven: Driven | null | undefined,
  robot: Robot | undefined,
): Drive {
  const { model_id: modelId, inference_url: url, prompt: taught } = driven ?? {};
  const sceneSha256 = robot?.scene_sha256;
  return useMemo(
    () =>
      url === undefined || modelId === undefined || sceneSha256 === undefined
        ? IDLE
        : { kind: "policy", connection: { url, modelId, sceneSha256 }, taught: taught ?? "" },
    [url, modelId, sceneSha256, taught],
  );
}

/** Let a session be driven; nobody drives it any more once the view is gone. */
export function useDrive(session: Session, drive: Drive): void {
  // Told by their content: the objects around it are made anew on each drawing.
  const {
    url = null,
    modelId = null,
    sceneSha256 = null,
  } = drive.kind === "policy" ? drive.connection : {};
  const { qpos = null, hz = 0 } = drive.kind === "replay" ? drive : {};
  useEffect(() => {
    if (url === null || modelId === null || sceneSha256 === null) session.connect(null);
    else session.connect({ url, modelId, sceneSha256 });
    return () => session.connect(null);
  }, [session, url, modelId, sceneSha256]);
  useEffect(() => {
    if (qpos === null) return undefined;
    session.replay(qpos, hz);
    return () => session.replay(null, 0);
  }, [session, qpos, hz]);
}
