import * as Tabs from "@radix-ui/react-tabs";
import { Pencil, X } from "lucide-react";
import type { ReactNode } from "react";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { useQuantities } from "@/api/edits";
import type { Candidate, Task } from "@/api/types";
import { MAX_SOURCE } from "@/generated/contract";
import { Button } from "@/ui/kit";
import { ChecksForm } from "./ChecksForm";
import { CodeEditor } from "./CodeEditor";
import { faultsOf, longestEpisode } from "./checkDraft";
import { openingDraft, revisionOf, useDraft, weightsOf, withWeight } from "./draft";
import { messageOf } from "./failure";
import { RevisionStatus } from "./RevisionStatus";
import { useRevision } from "./useRevision";
import { WeightFields } from "./WeightFields";

interface Props {
  task: Task;
  candidate: Candidate;
  onClose: () => void;
  /** Called with the number of the candidate that the edit has become. */
  onDone: (n: number) => void;
}

/** A candidate under its user's own hand: code, weights and success checks. */
export function CandidateEditor({ task, candidate, onClose, onDone }: Props): ReactNode {
  const [draft, setDraft, forget] = useDraft(task.id, candidate);
  const place = useRef<HTMLElement>(null);
  const quantities = useQuantities(task.robot).data;
  const opened = useMemo(() => openingDraft(candidate), [candidate]);

  const finish = useCallback(
    (n: number) => {
      forget();
      onDone(n);
    },
    [forget, onDone],
  );
  const revision = useRevision({
    task,
    jobId: draft.jobId,
    onSent: (jobId) => setDraft((now) => ({ ...now, jobId })),
    onDone: finish,
  });

  useEffect(() => {
    place.current?.scrollIntoView({ behavior: "smooth", block: "start" });
    place.current?.focus({ preventScroll: true });
  }, []);

  const failure = revision.busy ? null : (revision.job?.failure ?? null);
  const line = failure?.line ?? null;
  const message = failure === null ? "" : messageOf(failure);
  const fault = useMemo(() => (line === null ? null : { line, message }), [line, message]);

  const lastsS = longestEpisode(candidate.phases_s);
  const faulty = draft.checks.filter((check) => {
    const info = quantities?.find(({ name }) => name === check.quantity);
    return Object.keys(faultsOf(check, info, lastsS)).length > 0;
  }).length;
  const excess = Math.max(0, draft.code.length - MAX_SOURCE);
  const request = faulty > 0 || excess > 0 ? null : revisionOf(candidate, draft);
  const submit = (): void => {
    if (request === null || revision.busy) return;
    revision.send(request);
  };

  return (
    <section
      ref={place}
      tabIndex={-1}
      aria-label={`Edit candidate ${candidate.n}`}
      data-testid="editor"
      className="card rise mb-4 scroll-mt-[4.5rem] overflow-hidden border-line-strong outline-none"
    >
      <header className="flex items-center justify-between gap-3 border-b border-line px-4 py-3 sm:px-5">
        <h3 className="flex min-w-0 items-center gap-2.5 text-sm">
          <Pencil className="size-4 shrink-0 text-accent" aria-hidden />
          <span className="truncate">
            <span className="text-soft">Edit candidate {candidate.n}</span>{" "}
            <span className="font-semibold">{candidate.name}</span>
          </span>
        </h3>
        <button
          type="button"
          onClick={onClose}
          aria-label="Close the editor and keep the draft"
          title="Close; what you changed is kept"
          className="text-soft hover:text-text"
        >
          <X className="size-5" aria-hidden />
        </button>
      </header>

      <div className="grid grid-cols-1 lg:h-[600px] lg:grid-cols-[minmax(0,1.3fr)_minmax(0,1fr)]">
        <div className="flex min-h-0 flex-col bg-well max-lg:h-[480px]">
          <div className="min-h-0 flex-1">
            <CodeEditor
              label="Reward code"
              value={draft.code}
              onChange={(code) => setDraft((now) => ({ ...now, code }))}
              onSubmit={submit}
              fault={fault}
            />
          </div>
          <p className="border-t border-line px-4 py-1.5 text-[11px] text-faint max-sm:hidden">
            Ctrl+Enter checks it · Esc, then Tab leaves the editor
          </p>
        </div>
        <Tabs.Root
          defaultValue="weights"
          className="flex min-h-0 flex-col border-line max-lg:border-t lg:border-l"
        >
          <Tabs.List
            aria-label="What to edit"
            className="flex gap-1 border-b border-line px-3 pt-2"
          >
            <Tab value="weights">Weights</Tab>
            <Tab value="checks" mark={faulty > 0}>
              Success checks <span className="text-faint">{draft.checks.length}</span>
            </Tab>
          </Tabs.List>
          <Tabs.Content value="weights" className="min-h-0 flex-1 overflow-y-auto p-4">
            <WeightFields
              weights={weightsOf(draft)}
              initial={opened.weights}
              onChange={(term, value) => setDraft((now) => withWeight(now, term, value))}
            />
          </Tabs.Content>
          <Tabs.Content value="checks" className="min-h-0 flex-1 overflow-y-auto p-4">
            <ChecksForm
              robotId={task.robot}
              checks={draft.checks}
              lastsS={lastsS}
              onChange={(checks) => setDraft((now) => ({ ...now, checks }))}
            />
          </Tabs.Content>
        </Tabs.Root>
      </div>

      <footer className="flex flex-wrap items-center justify-between gap-3 border-t border-line px-4 py-3 sm:px-5">
        <RevisionStatus
          revision={revision}
          faulty={faulty}
          excess={excess}
          changed={request !== null}
        />
        <div className="flex gap-2">
          {revision.busy ? (
            <Button tone="quiet" onClick={revision.stop}>
              Stop
            </Button>
          ) : (
            <Button
              tone="quiet"
              onClick={() => {
                forget();
                onClose();
              }}
            >
              Discard
            </Button>
          )}
          <Button tone="primary" onClick={submit} busy={revision.busy} disabled={request === null}>
            Check it
          </Button>
        </div>
      </footer>
    </section>
  );
}

interface TabProps {
  value: string;
  /** Something in it is not right yet. */
  mark?: boolean;
  children: ReactNode;
}

function Tab({ value, mark = false, children }: TabProps): ReactNode {
  return (
    <Tabs.Trigger
      value={value}
      className="flex items-center gap-1.5 rounded-t-lg border-b-2 border-transparent px-3 py-2 text-[13px] text-soft transition-colors hover:text-text data-[state=active]:border-accent data-[state=active]:text-text"
    >
      {children}
      {mark && <span className="size-1.5 rounded-full bg-bad" role="img" aria-label="incomplete" />}
    </Tabs.Trigger>
  );
}
