/** The replay of a share folder; it comes when somebody asks for it. */
import "./replay.css";
import { createRoot } from "react-dom/client";
import { readEpisodes } from "@/replay/episodes";
import { Replay } from "@/replay/Replay";
import type { Session } from "@/sim/session";
import { beside } from "./show";

/**
 * Show the folder's episodes in `place`, until what is returned is called: the robot goes on then.
 *
 * Rejects where they cannot be had.
 */
export async function openReplay(place: HTMLElement, session: Session): Promise<() => void> {
  const response = await fetch(beside("model/episodes.safetensors"));
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  const episodes = readEpisodes(await response.arrayBuffer());
  const root = createRoot(place);
  root.render(<Replay session={session} episodes={episodes} />);
  return () => root.unmount();
}
