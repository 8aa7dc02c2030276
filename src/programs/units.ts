/**
 * Units as programs print them: `831.00 mV`, `1.5 GiB`, `45 degrees C`.
 *
 * @module
 */

/** A unit: its kind, and its size in the kind's own unit, as a fraction. */
interface Unit {
  readonly kind: string;
  readonly times: number;
  readonly per: number;
}

const SI: Readonly<Record<string, readonly [times: number, per: number]>> = {
  f: [1, 1e15],
  p: [1, 1e12],
  n: [1, 1e9],
  µ: [1, 1e6],
  u: [1, 1e6],
  m: [1, 1e3],
  k: [1e3, 1],
  M: [1e6, 1],
  G: [1e9, 1],
  T: [1e12, 1],
  P: [1e15, 1],
  E: [1e18, 1],
};
const BINARY: Readonly<Record<string, readonly [times: number, per: number]>> = {
  Ki: [2 ** 10, 1],
  Mi: [2 ** 20, 1],
  Gi: [2 ** 30, 1],
  Ti: [2 ** 40, 1],
  Pi: [2 ** 50, 1],
  Ei: [2 ** 60, 1],
};
const HUNDREDTHS: Readonly<Record<string, readonly [times: number, per: number]>> = {
  c: [1, 100],
  d: [1, 10],
  h: [100, 1],
};

// The units that take prefixes, by their kind; a unit without a kind here is a kind of its own.
const PREFIXED: Readonly<Record<string, Unit>> = {
  ...ofKind("", [
    "V",
    "A",
    "W",
    "VA",
    "var",
    "Ω",
    "F",
    "Hz",
    "N",
    "lm",
    "lx",
    "eV",
    "cd",
    "T",
    "S",
  ]),
  ...ofKind("energy", ["J", "Ws"]),
  Wh: { kind: "energy", times: 3600, per: 1 },
  ...ofKind("charge", ["As"]),
  Ah: { kind: "charge", times: 3600, per: 1 },
  ...ofKind("temperature difference", ["K"]),
  ...ofKind("mass", ["g"]),
  t: { kind: "mass", times: 1e6, per: 1 },
  ...ofKind("length", ["m"]),
  ...ofKind("volume", ["l"]),
  ...ofKind("pressure", ["Pa"]),
  bar: { kind: "pressure", times: 1e5, per: 1 },
  ...ofKind("time", ["s"]),
  ...ofKind("data", ["bit"]),
  B: { kind: "data", times: 8, per: 1 },
};

const PLAIN: Readonly<Record<string, Unit>> = {
  min: { kind: "time", times: 60, per: 1 },
  h: { kind: "time", times: 3600, per: 1 },
  d: { kind: "time", times: 86_400, per: 1 },
  "m³": { kind: "volume", times: 1000, per: 1 },
  ...ofKind("", ["°C", "°F", "%", "rpm", "dB", "dBm", "ppm"]),
};

// Spellings that programs use; in lower case, as programs differ in case, too.
const SPELLINGS: Readonly<Record<string, string>> = {
  amp: "A",
  ampere: "A",
  bit: "bit",
  byte: "B",
  c: "°C",
  celsius: "°C",
  day: "d",
  degc: "°C",
  "degree c": "°C",
  "degree celsius": "°C",
  degf: "°F",
  "degree f": "°F",
  "degree fahrenheit": "°F",
  fahrenheit: "°F",
  hertz: "Hz",
  hour: "h",
  hr: "h",
  joule: "J",
  m3: "m³",
  min: "min",
  minute: "min",
  ohm: "Ω",
  pascal: "Pa",
  percent: "%",
  sec: "s",
  second: "s",
  volt: "V",
  watt: "W",
  "℃": "°C",
};

/**
 * What a number in one unit is multiplied with to be in another: 0.001 from mV to V, as a fraction so
 * that it is exact.
 *
 * @returns `undefined` if they are of different kinds, or a unit is not known. A unit that is not known
 * is still the same as itself.
 */
export function conversion(
  from: string,
  to: string,
): { readonly times: number; readonly per: number } | undefined {
  const [one, other] = [parseUnit(from), parseUnit(to)];
  if (one === undefined && other === undefined && from.toLowerCase() === to.toLowerCase()) {
    return { times: 1, per: 1 };
  }
  if (one === undefined || one.kind !== other?.kind) return undefined;
  return { times: one.times * other.per, per: one.per * other.times };
}

/** A number by a fraction, rounded once where that is possible: 831 by 1/1000 is 0.831. */
export function convert(
  value: number,
  { times, per }: { readonly times: number; readonly per: number },
): number {
  if (times % per === 0) return value * (times / per);
  if (per % times === 0) return value / (per / times);
  return value * times / per;
}

/** Whether a text of several words is a unit, such as `degrees C`. */
export function isUnit(text: string): boolean {
  return parseUnit(text) !== undefined;
}

function parseUnit(text: string): Unit | undefined {
  const [numerator = "", denominator, ...more] = text.split("/");
  const above = parsePart(numerator);
  if (denominator === undefined || above === undefined) return above;
  const below = parsePart(denominator);
  if (below === undefined || more.length > 0) return undefined;
  return {
    kind: `${above.kind}/${below.kind}`,
    times: above.times * below.per,
    per: above.per * below.times,
  };
}

function parsePart(given: string): Unit | undefined {
  const text = given.normalize("NFKC").replace("μ", "µ").trim();
  const word = text.toLowerCase().replace(/^degrees/, "degree");
  // A single letter has no plural: "cs" is not °C.
  const known = own(SPELLINGS, word) ?? own(SPELLINGS, word.replace(/(..)s$/, "$1"));
  const symbol = known ?? (word === "rpm" ? word : text);
  return own(PLAIN, symbol) ?? own(PREFIXED, symbol) ?? parsePrefixed(symbol);
}

function parsePrefixed(symbol: string): Unit | undefined {
  for (const [prefixes, length] of [[BINARY, 2], [SI, 1], [HUNDREDTHS, 1]] as const) {
    const prefix = own(prefixes, symbol.slice(0, length));
    const unit = own(PREFIXED, symbol.slice(length));
    if (prefix === undefined || unit === undefined) continue;
    if (prefixes === BINARY && unit.kind !== "data") continue;
    if (prefixes === HUNDREDTHS && !["length", "volume", "pressure"].includes(unit.kind)) continue;
    return { kind: unit.kind, times: unit.times * prefix[0], per: unit.per * prefix[1] };
  }
  return undefined;
}

function ofKind(kind: string, symbols: readonly string[]): Record<string, Unit> {
  return Object.fromEntries(
    symbols.map((symbol) => [symbol, { kind: kind || symbol, times: 1, per: 1 }]),
  );
}

function own<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
