/**
 * Text cut into lines, as programs print them.
 *
 * @module
 */

/** Turns text in pieces of any size into lines without their line ends. */
export class TextLineStream extends TransformStream<string, string> {
  constructor() {
    // The pieces of the line that is not complete yet; joined once, so a line that comes in many
    // pieces does not cost its square.
    let pieces: string[] = [];
    super({
      transform(text, controller): void {
        const lines = text.split("\n");
        for (const line of lines.slice(0, -1)) {
          controller.enqueue(pieces.join("") + line);
          pieces = [];
        }
        pieces.push(lines.at(-1) ?? "");
      },
      flush(controller): void {
        const rest = pieces.join("");
        if (rest) controller.enqueue(rest);
      },
    });
  }
}
