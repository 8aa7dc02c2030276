/**
 * How benchmarks tell what they have found: one table on the screen, the same as JSON in a file.
 *
 * @module
 */

/** What was measured, a row per case; a column that a row does not have stays empty. */
export interface Report {
  /** The benchmark's name, which is also the file's. */
  readonly name: string;
  /** What is seen: what was measured, and in which unit. */
  readonly title: string;
  /** The rows. Numbers are shown with three digits. */
  readonly rows: readonly Readonly<Record<string, string | number | undefined>>[];
  /** What has to be known to read the table. */
  readonly notes?: readonly string[];
}

const RESULTS = new URL("results/", import.meta.url);

/** Prints a report and writes it to `results/<name>.json`. */
export async function publish({ name, title, rows, notes = [] }: Report): Promise<void> {
  const environment = {
    date: new Date().toISOString(),
    deno: Deno.version.deno,
    processors: navigator.hardwareConcurrency,
    // Of the last minute, so this benchmark's own load included.
    load: Deno.loadavg()[0],
  };
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const table = [columns, ...rows.map((row) => columns.map((column) => show(row[column])))];
  const widths = columns.map((_, at) => Math.max(...table.map((line) => (line[at] ?? "").length)));
  const text = [
    "",
    `${title} (Deno ${environment.deno}, ${environment.processors} processors, load ${
      show(environment.load)
    })`,
    ...table.map((line) => line.map((cell, at) => cell.padStart(widths[at] ?? 0)).join("  ")),
    ...notes,
  ];
  progress("");
  await Deno.stdout.write(new TextEncoder().encode(text.join("\n") + "\n"));
  await Deno.mkdir(RESULTS, { recursive: true });
  const json = JSON.stringify({ name, title, environment, rows, notes }, null, 2);
  await Deno.writeTextFile(new URL(`${name}.json`, RESULTS), json + "\n");
}

/** Tells, on one line that is written over again and again, where a benchmark is. */
export function progress(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
}

/** Writes a file beside the reports, and returns its path. */
export async function writeResult(file: string, content: string): Promise<string> {
  await Deno.mkdir(RESULTS, { recursive: true });
  const url = new URL(file, RESULTS);
  await Deno.writeTextFile(url, content);
  return url.pathname;
}

function show(value: string | number | undefined): string {
  if (typeof value !== "number") return value ?? "";
  if (!Number.isFinite(value)) return "-";
  return Math.abs(value) >= 1000 || Number.isInteger(value)
    ? Math.round(value).toLocaleString("en").replaceAll(",", " ")
    : value.toPrecision(3);
}
