import assert from "node:assert/strict";
import { parseCsv } from "../../src/programs/csv.ts";

Deno.test("parseCsv() reads quoted fields with separators, line breaks and quotes in them", () => {
  assert.deepEqual(parseCsv('name,v\n"a\nb",2', ","), [["name", "v"], ["a\nb", "2"]]);
  assert.deepEqual(parseCsv('"a;""b""" ; 2\r\n', ";"), [['a;"b"', "2"]]);
  assert.deepEqual(parseCsv('a\t"b\tc"', "\t"), [["a", "b\tc"]]);
});

Deno.test("parseCsv() takes a quote within a field for itself", () => {
  assert.deepEqual(parseCsv('a,disk 5",3', ","), [["a", 'disk 5"', "3"]]);
});

Deno.test("parseCsv() takes rows of any length, and leaves out empty lines", () => {
  const table = [["a", "b"], ["1", "2", "3"], ["4"], ["", ""]];
  assert.deepEqual(parseCsv("\ufeff a , b \n\n  \n1,2,3\r\n4\r,", ","), table);
  assert.deepEqual(parseCsv("", ","), []);
});

Deno.test("parseCsv() keeps empty fields between separators of white space or several characters", () => {
  assert.deepEqual(parseCsv("\ta\t\n1\t\t3", "\t"), [["", "a", ""], ["1", "", "3"]]);
  assert.deepEqual(parseCsv("1::::3", "::"), [["1", "", "3"]]);
});

Deno.test("parseCsv() takes any white space for a separator if it is a space", () => {
  assert.deepEqual(parseCsv('  a \t "b c"\n\n d', " "), [["a", '"b', 'c"'], ["d"]]);
});

Deno.test("parseCsv() refuses a quoted field that is not ended", () => {
  assert.throws(() => parseCsv('a,"b\n1,2', ","), { name: "Error", message: /Quote Not Closed/ });
  assert.throws(() => parseCsv('"5" disk,2', ","), /Closing Quote/);
});

Deno.test("parseCsv() takes hundreds of blanks for a hundred, and tabs for separators", () => {
  const blanks = "\u2028\u00a0 ".repeat(100);
  const short = blanks.slice(0, 100);
  const text = `${blanks}"a"${" ".repeat(300)};b${blanks}c;"${blanks}"`;
  assert.deepEqual(parseCsv(text, ";"), [["a", `b${short}c`, short]]);
  assert.equal(parseCsv("\t".repeat(300), "\t")[0]?.length, 301);
});
