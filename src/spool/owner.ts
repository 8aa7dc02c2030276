/**
 * Who owns a spool, as its pages tell.
 *
 * @module
 */

import { PageImage } from "./page_image.ts";
import { listedRows } from "./records.ts";
import { ownerChecksum } from "./schema.ts";

/** The owner that a file names. */
export interface Owner {
  readonly token: string;
  /** Whether its checksum says that this is what was written; the version before has none. */
  readonly isSure: boolean;
}

/** The owner of a spool of any version, as far as it can still be told. */
export async function ownerOf(file: string): Promise<Owner | undefined> {
  using image = await PageImage.open(file);
  let unchecked: Owner | undefined;
  for (const page of image.numbers()) {
    for (const { columns } of listedRows(page, (number) => image.read(number)) ?? []) {
      const [token, checksum] = columns;
      if (typeof token !== "string") continue;
      // The version before has the token alone.
      if (columns.length === 1) unchecked ??= { token, isSure: false };
      if (columns.length === 2 && checksum === ownerChecksum(token)) return { token, isSure: true };
    }
  }
  return unchecked;
}
