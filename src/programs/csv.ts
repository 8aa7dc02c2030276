/**
 * Tables as programs print them: comma-separated, or in columns of any width.
 *
 * @module
 */

/**
 * Reads a table, without empty lines. Fields are trimmed; within double quotes they may hold the
 * separator, and `""` is a quote.
 *
 * @param separator What stands between two fields; a space means any white space.
 */
export function parseCsv(text: string, separator: string): string[][] {
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== "");
  if (separator.trim() === "" && separator !== "\t") {
    return lines.map((line) => line.trim().split(/\s+/));
  }
  return lines.map((line) => splitLine(line, separator));
}

function splitLine(line: string, separator: string): string[] {
  const fields: string[] = [];
  let field = "";
  let isQuoted = false;
  for (let i = 0; i < line.length; i++) {
    if (isQuoted && line.startsWith('""', i)) {
      field += '"';
      i++;
    } else if (line[i] === '"' && (isQuoted || field.trim() === "")) {
      isQuoted = !isQuoted;
    } else if (!isQuoted && line.startsWith(separator, i)) {
      fields.push(field.trim());
      field = "";
      i += separator.length - 1;
    } else field += line[i];
  }
  return [...fields, field.trim()];
}
