/**
 * Plots of what was measured, as SVG.
 *
 * @module
 */

/** One diagram: lines over a common horizontal axis. */
export interface Panel {
  readonly title: string;
  /** What is on the vertical axis, with its unit. It begins at 0. */
  readonly yLabel: string;
  readonly lines: readonly {
    readonly name: string;
    readonly points: readonly (readonly [x: number, y: number])[];
  }[];
}

const WIDTH = 720;
const PANEL_HEIGHT = 300;
const LEFT = 90;
const RIGHT = 150;
const TOP = 44;
const BOTTOM = 56;
const INTERVALS = 4;
const COLORS = ["#0b62c4", "#c4560b", "#2d8a3e"];

/** Draws panels below each other over a horizontal axis that grows in powers of ten. */
export function logPlot(xLabel: string, panels: readonly Panel[]): string {
  const height = panels.length * PANEL_HEIGHT;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}"
  width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="13" fill="#222">
<rect width="100%" height="100%" fill="white"/>
${panels.map((panel, at) => drawPanel(panel, xLabel, at * PANEL_HEIGHT)).join("\n")}
</svg>
`;
}

function drawPanel({ title, yLabel, lines }: Panel, xLabel: string, offset: number): string {
  const xs = [...new Set(lines.flatMap(({ points }) => points.map(([x]) => x)))];
  const decades = xs.map((x) => Math.log10(x));
  const [first, last] = [Math.min(...decades), Math.max(...decades)];
  const top = roundUp(Math.max(...lines.flatMap(({ points }) => points.map(([, y]) => y))));
  const bottomY = PANEL_HEIGHT - BOTTOM;
  const right = WIDTH - RIGHT;
  const placeX = (x: number) => LEFT + (Math.log10(x) - first) / (last - first) * (right - LEFT);
  const placeY = (y: number) => bottomY - y / top * (bottomY - TOP);

  const parts = [`<text x="${LEFT}" y="24" font-size="15" font-weight="bold">${title}</text>`];
  for (let step = 0; step <= INTERVALS; step++) {
    const value = top * step / INTERVALS;
    const y = placeY(value);
    parts.push(
      `<line x1="${LEFT}" x2="${right}" y1="${y}" y2="${y}" stroke="${step ? "#ddd" : "#222"}"/>`,
      `<text x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${grouped(value)}</text>`,
    );
  }
  for (const x of xs) {
    const at = placeX(x);
    parts.push(
      `<line x1="${at}" x2="${at}" y1="${bottomY}" y2="${bottomY + 5}" stroke="#222"/>`,
      `<text x="${at}" y="${bottomY + 20}" text-anchor="middle">${grouped(x)}</text>`,
    );
  }
  const middleX = (LEFT + right) / 2;
  const middleY = (TOP + bottomY) / 2;
  parts.push(
    `<text x="${middleX}" y="${bottomY + 42}" text-anchor="middle">${xLabel}</text>`,
    `<text transform="translate(22 ${middleY}) rotate(-90)" text-anchor="middle">${yLabel}</text>`,
  );
  for (const [index, { name, points }] of lines.entries()) {
    const color = COLORS[index % COLORS.length];
    const places = points.map(([x, y]) => [placeX(x), placeY(y)] as const);
    const [endX = right, endY = TOP] = places.at(-1) ?? [];
    parts.push(
      `<polyline points="${places.join(" ")}" fill="none" stroke="${color}" stroke-width="2"/>`,
      ...places.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3.5" fill="${color}"/>`),
      `<text x="${endX + 10}" y="${endY + 4}" fill="${color}">${name}</text>`,
    );
  }
  return `<g transform="translate(0 ${offset})">\n${parts.join("\n")}\n</g>`;
}

/** The next of 1, 2, 4, 6, 8 times a power of ten. */
function roundUp(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value));
  return unit * ([1, 2, 4, 6, 8, 10].find((factor) => factor * unit >= value) ?? 10);
}

function grouped(value: number): string {
  return value.toLocaleString("en").replaceAll(",", " ");
}
