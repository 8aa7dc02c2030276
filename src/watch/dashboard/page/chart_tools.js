// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * What can be done with a chart: enlarge it, and save what it shows.
 *
 * @module
 */

/** @import { ChartLine } from "./chart_line.js" */
import { make } from "./dom.js";
import { theme } from "./theme.js";

/**
 * @typedef {object} Chart What is used of a chart here.
 * @property {string} title
 * @property {string} unit
 * @property {readonly ChartLine[]} lines
 * @property {[startMs: number, endMs: number]} edges
 * @property {HTMLCanvasElement | undefined} canvas
 */

const MARGIN = 12;
const TITLE_HEIGHT = 22;

/**
 * Makes the buttons of a chart.
 *
 * @param {Chart} chart
 * @param {() => void} onEnlarge
 */
export function chartTools(chart, onEnlarge) {
  const enlarge = make("button", { type: "button", class: "tool enlarge" }, "⤢");
  enlarge.setAttribute("aria-label", `Enlarge the chart of ${chart.title}`);
  enlarge.setAttribute("aria-pressed", "false");
  enlarge.title = "Enlarge, or make small again (Enter)";
  enlarge.onclick = onEnlarge;
  const summary = make("summary", { class: "tool" }, "⋯");
  summary.setAttribute("aria-label", `Save the chart of ${chart.title}`);
  summary.title = "Save";
  const save = make(
    "details",
    { class: "menu" },
    summary,
    make(
      "div",
      {},
      saveButton("CSV", () => exportPoints(chart, "csv")),
      saveButton("JSON", () => exportPoints(chart, "json")),
      saveButton("PNG", () => exportPicture(chart)),
    ),
  );
  save.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !save.open) return;
    save.open = false;
    summary.focus();
  });
  save.addEventListener("focusout", ({ relatedTarget }) => {
    if (!(relatedTarget instanceof Node) || !save.contains(relatedTarget)) save.open = false;
  });
  return make("div", { class: "tools" }, enlarge, save);
}

/**
 * @param {string} format
 * @param {() => void} save
 */
function saveButton(format, save) {
  const button = make("button", { type: "button" }, format);
  button.onclick = () => {
    save();
    const menu = button.closest("details");
    if (menu) menu.open = false;
  };
  return button;
}

/**
 * All points that are shown, as the program keeps them: each one, with its exact time.
 *
 * @param {Chart} chart
 * @param {"csv" | "json"} format
 */
function exportPoints({ lines, edges: [startMs, endMs], title }, format) {
  const query = new URLSearchParams(lines.map(({ name }) => ["metric", name]));
  query.set("from", String(startMs));
  query.set("to", String(endMs));
  query.set("format", format);
  download(`/export?${query}`, `${fileName(title)}.${format}`);
}

/**
 * What is drawn, with names and colours above it.
 *
 * @param {Chart} chart
 */
function exportPicture({ lines, canvas: drawn, title, unit }) {
  if (!drawn) return;
  const { text, panel, font, lines: colours } = theme();
  const scale = devicePixelRatio;
  const canvas = make("canvas");
  canvas.width = drawn.width + 2 * MARGIN * scale;
  canvas.height = drawn.height + (2 * MARGIN + lines.length * TITLE_HEIGHT) * scale;
  const context = canvas.getContext("2d");
  if (!context) return;
  context.fillStyle = panel;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.font = font.replace("11px", `${13 * scale}px`);
  lines.forEach(({ name }, index) => {
    const y = (MARGIN + (index + 0.5) * TITLE_HEIGHT) * scale;
    context.fillStyle = colours[index % colours.length] ?? text;
    context.fillRect(MARGIN * scale, y - 2 * scale, 12 * scale, 3 * scale);
    context.fillStyle = text;
    const label = unit ? `${name} [${unit}]` : name;
    context.fillText(label, (MARGIN + 18) * scale, y + 4 * scale);
  });
  context.drawImage(drawn, MARGIN * scale, (MARGIN + lines.length * TITLE_HEIGHT) * scale);
  canvas.toBlob((blob) => {
    if (!blob) return;
    const url = URL.createObjectURL(blob);
    download(url, `${fileName(title)}.png`);
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  });
}

/**
 * @param {string} url
 * @param {string} name
 */
function download(url, name) {
  const link = make("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}

/** @param {string} title */
function fileName(title) {
  return title.replaceAll(/[^\w.-]+/g, "_").slice(0, 100);
}
