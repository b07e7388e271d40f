import type { ReactNode } from "react";
import { Link } from "wouter";
import { isGone } from "@/api/client";
import { Button, Note } from "@/ui/kit";

interface Props {
  what: "task" | "model";
  error: Error;
  /** It was shown here before. */
  known: boolean;
  retry: () => unknown;
}

/** In place of a task or a model that is not there, or does not come: why, and a way on. */
export function Absent({ what, error, known, retry }: Props): ReactNode {
  const ways = (
    <div className="flex flex-wrap items-center gap-x-5 gap-y-2">
      {!(known && isGone(error)) && <Button onClick={() => void retry()}>Try again</Button>}
      <Link href="/tasks" className="text-accent hover:underline">
        All tasks
      </Link>
      <Link href="/" className="text-accent hover:underline">
        To the start
      </Link>
    </div>
  );
  if (!isGone(error)) return <Note kind="bad" heading title={error.message} action={ways} />;
  if (known)
    return (
      <Note kind="warn" heading title={`This ${what} was deleted`} action={ways}>
        With it went what it had learnt. Somebody deleted it meanwhile, perhaps in another window.
      </Note>
    );
  return (
    <Note kind="bad" heading title={error.message} action={ways}>
      The address may be mistyped, the {what} may have been deleted, or it belongs to another data
      directory.
    </Note>
  );
}
