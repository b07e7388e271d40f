import { ListChecks } from "lucide-react";
import type { ReactNode } from "react";
import { useCallback, useState } from "react";
import type { Length } from "@/api/lengths";
import { A_MINUTE } from "@/api/lengths";
import type { TrainOrder } from "@/api/queries";
import type { Candidate, NamedGround, Task } from "@/api/types";
import { CandidateEditor } from "@/edit/CandidateEditor";
import { hasDraft } from "@/edit/draft";
import { GroundSelect } from "@/grounds/GroundSelect";
import { TierChoice } from "@/training/TierChoice";
import { Button, cx, Skeleton, StepHeading } from "@/ui/kit";
import { CandidateCard } from "./CandidateCard";

interface Props {
  task: Task;
  onTrain: (order: TrainOrder) => void;
  onPreview: (n: number) => void;
  /** Which order is under way. */
  ordering: number | "all" | null;
}

/** The candidates side by side; one or all of them can be trained. */
export function Candidates({ task, onTrain, onPreview, ordering }: Props): ReactNode {
  const [codeOpen, setCodeOpen] = useState(false);
  const { candidates } = task;
  const [edited, setEdited] = useState(() => unfinishedEdit(task));
  const [selected, setSelected] = useState<number | null>(null);
  const [length, setLength] = useState<Length>(A_MINUTE);
  const close = useCallback(() => setEdited(null), []);
  const select = useCallback((n: number) => {
    setEdited(null);
    setSelected(n);
  }, []);
  const underEdit = candidates.find(({ n }) => n === edited);
  const trained = new Set(task.jobs.map((job) => job.candidate));
  const [ground, setGround] = useState<NamedGround | null>(null);
  const order = (what: TrainOrder): void =>
    onTrain({ ...what, ...(ground !== null && { ground: ground.ground }) });
  return (
    <section aria-label="Candidates">
      <StepHeading
        step="Steps 3 and 4"
        title={heading(candidates, trained.size > 0)}
        aside={
          candidates.length > 1 && (
            <Button
              onClick={() => order({ candidate: "all", length })}
              busy={ordering === "all"}
              disabled={ordering !== null}
            >
              <ListChecks className="size-4" aria-hidden /> Train all, one after another
            </Button>
          )
        }
      />
      <div className="mb-4 max-w-3xl">
        <TierChoice robot={task.robot} value={length} onChange={setLength} />
      </div>
      <GroundSelect task={task} chosen={ground} onChoose={setGround} />
      {underEdit !== undefined && (
        <CandidateEditor
          key={underEdit.n}
          task={task}
          candidate={underEdit}
          onClose={close}
          onDone={select}
        />
      )}
      {/* Seven shared rows keep the parts of neighbouring cards level. */}
      <div
        className={cx(
          "grid grid-cols-1 gap-4 lg:grid-rows-[repeat(7,auto)]",
          candidates.length > 2 ? "lg:grid-cols-3" : "lg:grid-cols-2",
        )}
      >
        {candidates.map((candidate) => (
          <CandidateCard
            key={candidate.n}
            task={task}
            candidate={candidate}
            trained={trained.has(candidate.n)}
            busy={ordering === candidate.n}
            selected={selected === candidate.n}
            editing={edited === candidate.n}
            onEdit={() => setEdited(edited === candidate.n ? null : candidate.n)}
            onMade={select}
            codeOpen={codeOpen}
            onCode={() => setCodeOpen(!codeOpen)}
            onPreview={() => onPreview(candidate.n)}
            onTrain={(weights) =>
              order({ candidate: candidate.n, length, ...(weights && { weights }) })
            }
          />
        ))}
      </div>
    </section>
  );
}

/** The candidate whose edit was under way before the page was loaded anew. */
function unfinishedEdit(task: Task): number | null {
  return task.candidates.find(({ n }) => hasDraft(task.id, n))?.n ?? null;
}

function heading(candidates: readonly Candidate[], chosen: boolean): string {
  if (chosen) return "All candidates";
  const written = candidates.filter(({ parent }) => parent === null).length;
  const edited = candidates.length - written;
  const made = edited === 0 ? "" : `, ${edited} edited`;
  if (written === 1) return `One reward was written${made}`;
  return `${written} rewards were written${made}. Choose one.`;
}

/** Places of the candidates while they are written. */
export function WritingCandidates(): ReactNode {
  return (
    <section aria-label="Candidates are being written" role="status">
      <StepHeading step="Step 3" title="Writing rewards…" />
      <div className="grid gap-4 lg:grid-cols-3">
        {[0, 1, 2].map((n) => (
          <div key={n} className="card space-y-4 p-5">
            <Skeleton className="h-5 w-2/5" />
            <Skeleton className="h-12" />
            {[80, 65, 90, 55].map((width) => (
              <Skeleton key={width} className="h-3" />
            ))}
            <Skeleton className="h-28" />
          </div>
        ))}
      </div>
    </section>
  );
}
