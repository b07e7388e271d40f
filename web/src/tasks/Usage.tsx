import { ChevronRight, Info } from "lucide-react";
import type { ReactNode } from "react";
import type { Task } from "@/api/types";
import { count, dollars, duration } from "@/lib/format";
import { keyed } from "@/lib/keyed";

/** How the writing went: what happened on the way, what it cost, what was left out. */
export function Usage({ task }: { task: Task }): ReactNode {
  const { usage, dropped, notices } = task;
  if (usage === null && dropped.length === 0 && notices.length === 0) return null;
  return (
    <div className="space-y-2.5" data-testid="usage-notes">
      {notices.length > 0 && (
        <ul className="space-y-1.5">
          {keyed(notices, String).map(({ key, item: notice }) => (
            <li
              key={key}
              role="status"
              className="flex items-start gap-2.5 rounded-xl border border-line-strong bg-raised/60 px-3.5 py-2.5 text-[13px] leading-relaxed text-soft"
            >
              <Info className="mt-[3px] size-3.5 shrink-0 text-info" aria-hidden />
              {notice}
            </li>
          ))}
        </ul>
      )}
      {usage !== null && <Cost usage={usage} />}
      {dropped.length > 0 && (
        <details className="group text-[13px]" data-testid="dropped">
          <summary className="flex w-fit cursor-pointer list-none items-center gap-1.5 rounded text-soft hover:text-text">
            <ChevronRight
              className="size-3.5 transition-transform group-open:rotate-90"
              aria-hidden
            />
            {dropped.length === 1
              ? "One more reward was written but is not offered"
              : `${dropped.length} more rewards were written but are not offered`}
          </summary>
          <ul className="mt-2 ml-5 space-y-1.5">
            {keyed(dropped, ({ name }) => name).map(({ key, item: { name, message } }) => (
              <li key={key} className="leading-relaxed text-faint">
                <span className="text-soft">{name}</span>: {message}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function Cost({ usage }: { usage: NonNullable<Task["usage"]> }): ReactNode {
  const parts = [
    `${usage.calls} ${usage.calls === 1 ? "call" : "calls"}`,
    `${count(usage.prompt_tokens)} + ${count(usage.completion_tokens)} tokens`,
    usage.cost_usd == null ? "price not known" : dollars(usage.cost_usd),
    duration(usage.seconds),
  ];
  return (
    <p className="tabular flex flex-wrap gap-x-2 text-xs text-faint" data-testid="usage">
      <span className="text-soft">{usage.model}</span>
      {parts.map((part) => (
        <span key={part}>· {part}</span>
      ))}
    </p>
  );
}
