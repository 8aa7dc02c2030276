/**
 * What may be wrong with a metric or a source.
 *
 * @module
 */

/** The kinds of problems; `problem_kinds.js` has them in words. */
export type ProblemKind =
  | "source-gone"
  | "token-shared"
  | "answers-error"
  | "clock-wrong"
  | "silent"
  | "time-future"
  | "time-order"
  | "not-finite"
  | "undeclared-points"
  | "undeclared"
  | "archived-sends"
  | "off-rate"
  | "gaps"
  | "answers-late"
  | "name-unusable"
  | "rate-wrong"
  | "source-missing"
  | "no-reading"
  | "agent-silent"
  | "unit-missing"
  | "rate-missing"
  | "description-missing"
  | "name-unusual";
