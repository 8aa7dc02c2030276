/**
 * The files of the dashboard's page, by the path they are served at.
 *
 * They are imported as text on first use. Such an import works from a folder, from JSR and from npm
 * alike, and Deno caches what it downloads; reading files would work in a folder only, and `fetch`
 * would download again in every run. The specifiers are computed, because JSR refuses packages in
 * which it sees text imports.
 *
 * @module
 */

/** The release of uPlot, which draws the charts. */
const UPLOT = "npm:uplot@1.6.32/dist";

const SCRIPTS = [
  "address.js",
  "calls.js",
  "chart.js",
  "chart_line.js",
  "chart_tools.js",
  "charts.js",
  "configuration.js",
  "configuration_calls.js",
  "configuration_history.js",
  "configuration_proposals.js",
  "configuration_schema.js",
  "connection.js",
  "diff.js",
  "dom.js",
  "health.js",
  "health_row.js",
  "health_scan.js",
  "json_cursor.js",
  "json_error.js",
  "known_metrics.js",
  "main.js",
  "metric_row.js",
  "metrics.js",
  "plot.js",
  "range.js",
  "range_controls.js",
  "schema_words.js",
  "series.js",
  "sources.js",
  "sparkline.js",
  "table_view.js",
  "theme.js",
  "views.js",
] as const;

const STYLES = [
  "base.css",
  "layout.css",
  "header.css",
  "metrics.css",
  "charts.css",
  "chart.css",
  "sources.css",
  "health.css",
] as const;

/** Specifiers by path. */
const SPECIFIERS: ReadonlyMap<string, string> = new Map([
  ["/", page("page.html")],
  ["/icon.svg", page("icon.svg")],
  ...[...SCRIPTS, ...STYLES].map((name) => [`/${name}`, page(name)] as const),
  // The terminal uses them too; the page is served at the root, so its "../../view/" becomes this.
  ...["format.js", "problem_kinds.js", "quantity.js"].map((name) =>
    [`/view/${name}`, new URL(`../view/${name}`, import.meta.url).href] as const
  ),
  ["/uplot.js", `${UPLOT}/uPlot.iife.min.js`],
  ["/uplot.css", `${UPLOT}/uPlot.min.css`],
]);

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** A file of the page. */
export interface Asset {
  readonly text: string;
  readonly contentType: string;
}

/** The paths that `readAsset` knows. */
export const ASSET_PATHS: readonly string[] = [...SPECIFIERS.keys()];

/**
 * Reads the file that is served at a path.
 *
 * @returns `undefined` if no file is served there.
 * @throws {TypeError} If it cannot be read or downloaded.
 */
export async function readAsset(path: string): Promise<Asset | undefined> {
  const specifier = SPECIFIERS.get(path);
  if (specifier === undefined) return undefined;
  if (specifier.startsWith(UPLOT)) await import("npm:uplot@1.6.32");
  const { default: text }: { default: string } = await import(specifier, {
    with: { type: "text" },
  });
  const extension = path === "/" ? "html" : path.slice(path.lastIndexOf(".") + 1);
  return { text, contentType: CONTENT_TYPES[extension] ?? "text/plain" };
}

function page(name: string): string {
  return new URL(`./page/${name}`, import.meta.url).href;
}
