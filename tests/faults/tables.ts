/**
 * Accounts as tables in Markdown.
 *
 * @module
 */

import type { Account } from "./account.ts";

/** What has become of a source's points, and the same of the reference's source, if it was tried. */
export interface Comparison {
  readonly account: Account;
  readonly reference?: Account;
}

type Column = readonly [heading: string, cell: (account: Account) => string];

const MISSING: Column = ["missing", ({ missing }) => `${missing}`];
const REPEATED: Column = ["repeated", ({ repeated }) => `${repeated}`];
const RECOVERY: Column = [
  "recovery",
  ({ recoveryMs }) => Number.isFinite(recoveryMs) ? `${(recoveryMs / 1000).toFixed(2)} s` : "never",
];
const COLUMNS: readonly Column[] = [
  ["made", ({ made }) => `${made}`],
  ["received", ({ received }) => `${received}`],
  MISSING,
  REPEATED,
  ["out of order", ({ outOfOrder }) => `${outOfOrder}`],
  ["wrong", ({ wrong }) => `${wrong}`],
  ["longest gap", ({ longestGapMs }) => `${(longestGapMs / 1000).toFixed(2)} s`],
  RECOVERY,
];
const REFERENCE_COLUMNS: readonly Column[] = [
  ["reference: missing", ({ made, missing }) => `${missing} of ${made}`],
  REPEATED,
  RECOVERY,
];

/** Everything that was counted, by what befell the source. */
export function accountTable(comparisons: ReadonlyMap<string, Comparison>): string {
  const rows = [...comparisons].flatMap(([name, { account, reference }]) => [
    [name, ...cells(COLUMNS, account)],
    ...reference ? [[`${name} (reference)`, ...cells(COLUMNS, reference)]] : [],
  ]);
  return table([["fault", ...headings(COLUMNS)], ...rows]);
}

/** What matters, with the reference's beside it. */
export function comparisonTable(comparisons: ReadonlyMap<string, Comparison>): string {
  const own: readonly Column[] = [
    ["missing", ({ made, missing }) => `${missing} of ${made}`],
    REPEATED,
    RECOVERY,
  ];
  const rows = [...comparisons].map(([name, { account, reference }]) => [
    name,
    ...cells(own, account),
    ...reference ? cells(REFERENCE_COLUMNS, reference) : REFERENCE_COLUMNS.map(() => ""),
  ]);
  return table([["fault", ...headings(own), ...headings(REFERENCE_COLUMNS)], ...rows]);
}

function headings(columns: readonly Column[]): string[] {
  return columns.map(([heading]) => heading);
}

function cells(columns: readonly Column[], account: Account): string[] {
  return columns.map(([, cell]) => cell(account));
}

function table([heading = [], ...rows]: readonly string[][]): string {
  const widths = heading.map((_, column) =>
    Math.max(...[heading, ...rows].map((row) => row[column]?.length ?? 0))
  );
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : "-".repeat(width - 1) + ":"
  );
  return [heading, rule, ...rows].map((row) => {
    const padded = row.map((cell, column) => pad(cell, widths[column] ?? 0, column));
    return `| ${padded.join(" | ")} |`;
  }).join("\n");
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
