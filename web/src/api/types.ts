/** Names for the shapes of the generated client. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Robot = Schemas["RobotView"];
export type Camera = Schemas["Camera"];
export type Recording = Schemas["PreviewView"];
export type Trouble = Schemas["Trouble"];
export type Readout = Schemas["Readout"];
export type Task = Schemas["TaskView"];
export type TaskSummary = Schemas["TaskSummary"];
export type Candidate = Schemas["CandidateView"];
export type AskableInfo = Schemas["AskableInfo"];
export type MotionSpec = Schemas["MotionSpec"];
export type Target = Schemas["Target"];
export type Job = Schemas["JobView"];
export type Tier = Schemas["Tier"];
export type TierQuote = Schemas["TierQuote"];
export type RunQuote = Schemas["RunQuote"];
export type EvaluationPoint = Schemas["EvaluationPoint"];
export type Failure = Schemas["FailureView"];
export type Me = Schemas["PersonView"];
export type SharedLink = Schemas["ShareView"];
export type Model = Schemas["ModelView"];
export type TrainResult = Schemas["TrainResult"];
export type CheckResult = Schemas["CheckResult"];
export type Comparison = Schemas["Comparison"];
export type EvaluationRow = Schemas["EvaluationRow"];
export type CandidateReport = Schemas["CandidateReport"];
export type TermReport = Schemas["TermReport"];
export type Finding = Schemas["Finding"];
export type RobustnessRow = Schemas["RobustnessRow"];
export type Lineage = Schemas["Lineage"];
export type CheckView = Schemas["CheckView"];
export type CheckSpec = Schemas["CheckSpec"];
export type Statistic = Schemas["Statistic"];
export type QuantityInfo = Schemas["QuantityInfo"];
export type RevisionRequest = Schemas["RevisionRequest"];
