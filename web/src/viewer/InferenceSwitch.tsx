import { Cpu } from "lucide-react";
import type { ReactNode } from "react";
import { useEffect } from "react";
import type { Wish } from "@/inference/types";
import type { Session } from "@/sim/session";
import { loadWish, storeWish } from "./preferences";
import { useSessionState } from "./SessionProvider";

const NEXT: Record<Wish, Wish> = { auto: "browser", browser: "server", server: "auto" };
const WORDS: Record<Wish, string> = { auto: "auto", browser: "browser", server: "server" };
const MEANING: Record<Wish, string> = {
  auto: "The server runs the policy; this browser does where the server is slow or gone.",
  browser: "This browser runs the policy.",
  server: "The server runs the policy, however slow.",
};

/** Where the policy is run: the page's choice, here, or on the server. */
export function InferenceSwitch({ session }: { session: Session }): ReactNode {
  const { wish, stats } = useSessionState(session);
  const failure = stats?.pilot?.own.failure ?? null;
  useEffect(() => session.infer(loadWish()), [session]);
  const choose = (next: Wish): void => {
    storeWish(next);
    session.infer(next);
  };
  const title = failure === null ? MEANING[wish] : `${MEANING[wish]} Here it cannot: ${failure}`;
  return (
    <button
      type="button"
      onClick={() => choose(NEXT[wish])}
      title={title}
      aria-label={`Policy runs: ${WORDS[wish]}`}
      data-testid="inference"
      data-wish={wish}
      className="flex h-8 items-center gap-1.5 rounded-lg px-2 text-xs text-soft transition-colors hover:bg-raised hover:text-text [&>svg]:size-4"
    >
      <Cpu aria-hidden />
      {WORDS[wish]}
    </button>
  );
}
