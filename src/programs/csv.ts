/**
 * Tables as programs print them: comma-separated, or in columns of any width.
 *
 * @module
 */

import { parse } from "csv-parse/sync";

// csv-parse compares what stands before a field with each of the 25 kinds of white space, one by one.
const MAX_BLANKS = 100;
// The others are separators.
const BLANKS = /[^\S\r\n\t]+/g;

/**
 * Reads a table, without empty lines. Fields are trimmed. Within double quotes a field may hold the
 * separator and line breaks, and `""` is a quote; a quote within a field that does not begin with one,
 * such as `disk 5"`, is itself. Rows need not be of the same length. Of more than 100 blanks in a row
 * the first 100 count.
 *
 * @param separator What stands between two fields; a space means any white space, and then quotes
 * mean nothing.
 * @throws {Error} If a quoted field has no end, or goes on behind its closing quote.
 */
export function parseCsv(text: string, separator: string): string[][] {
  if (separator.trim() === "" && separator !== "\t") {
    const lines = text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== "");
    return lines.map((line) => line.trim().split(/\s+/));
  }
  return parse(text.replaceAll(BLANKS, (blanks) => blanks.slice(0, MAX_BLANKS)), {
    delimiter: separator,
    bom: true,
    record_delimiter: ["\r\n", "\n", "\r"],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    trim: true,
  });
}
