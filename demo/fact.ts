/** A claim about the world that the demo checked itself. */
export interface Fact {
  readonly claim: string;
  readonly holds: boolean;
  /** What was seen: where it holds, pids and words that show it; where not, what was there instead. */
  readonly evidence: string;
}

/** @param problems what contradicts the claim; none: it holds */
export const fact = (claim: string, evidence: string, problems: readonly string[]): Fact =>
  problems.length === 0
    ? { claim, holds: true, evidence }
    : { claim, holds: false, evidence: problems.join('; ') };

/** What the inside tells the outside at its end. */
export interface Report {
  readonly facts: readonly Fact[];
  /** Why the story broke off, or null. */
  readonly failure: string | null;
  /** Pid in the inner namespace. */
  readonly pid: number;
  /** What a command needs to find this fleet. */
  readonly environment: Readonly<Record<string, string>>;
}
