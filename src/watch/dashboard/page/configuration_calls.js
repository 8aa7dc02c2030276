// @ts-check
/// <reference lib="dom" />

/**
 * What the page asks of the program about configurations.
 *
 * @module
 */

/** @import { ConfigureOutcome } from "../../view/configurations_view.ts" */
/** @import { BoundedSchema } from "../schema_bounds.ts" */
/** @import { SchemaProblems } from "../schema.ts" */

/**
 * @typedef {object} Outcome
 * @property {boolean} isGood
 * @property {boolean} isKept
 * @property {string} [revision] That of the one that is kept, if it is.
 * @property {string} message
 * @property {{ kept: string, revision: string | undefined }} [conflict]
 */

/**
 * @param {string} token
 * @param {string} text The configuration, as typed: numbers keep all their digits.
 * @param {string | undefined} revision
 * @returns {Promise<Outcome>}
 */
export async function sendConfiguration(token, text, revision) {
  try {
    const response = await fetch("/configuration", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: `{"token":${JSON.stringify(token)},"revision":${
        JSON.stringify(revision ?? null)
      },"config":${text}}`,
    });
    if (response.ok || response.status === 422) return describeOutcome(await response.json());
    if (response.status !== 409) return failed(`Not sent: ${await response.text()}.`);
    const { error, kept } = await response.json();
    return {
      ...failed(`Not sent: ${error}.`),
      conflict: {
        kept: JSON.stringify(kept?.config ?? {}, null, 2),
        revision: kept?.revision,
      },
    };
  } catch {
    return failed("Not sent: the program cannot be reached.");
  }
}

/**
 * @param {ConfigureOutcome} outcome
 * @returns {Outcome}
 */
function describeOutcome({ answer, reason, keptRevision }) {
  const isKept = keptRevision !== undefined;
  const message = {
    accepted: `In force. The source has taken it.${isKept ? "" : " Nobody keeps it."}`,
    "not connected": isKept
      ? "Kept. No source is connected to take it yet."
      : "Not sent: no source is connected, and nobody keeps it.",
    refused: isKept
      ? `Refused: ${reason}. It is kept nevertheless; the source goes on with its old one until it is started again.`
      : `Refused: ${reason}. The old configuration stays.`,
    "no answer": `Sent, not answered: ${reason}.${isKept ? " It is kept." : ""}`,
  }[answer];
  const isGood = answer === "accepted" || answer === "not connected" && isKept;
  // One that only the source has is not what the text is compared with.
  return {
    isGood,
    isKept: isKept || answer === "accepted",
    ...isKept && { revision: keptRevision },
    message,
  };
}

/**
 * @param {string} message
 * @returns {Outcome}
 */
function failed(message) {
  return { isGood: false, isKept: false, message };
}

/**
 * What was replaced.
 *
 * @param {string} token
 * @returns {Promise<{ id: string, time: string }[]>}
 */
export async function readHistory(token) {
  return await readJson(`/history?token=${encodeURIComponent(token)}`);
}

/**
 * One that was replaced, as text.
 *
 * @param {string} token
 * @param {string} id
 */
export async function readReplaced(token, id) {
  const query = new URLSearchParams({ token, id });
  const { config } = await readJson(`/history?${query}`);
  return JSON.stringify(config, null, 2);
}

/** @param {string} path */
async function readJson(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(await response.text());
  return await response.json();
}

/**
 * What the source of a token says that its configuration has to be, if it says so.
 *
 * @param {string} token
 * @returns {Promise<BoundedSchema | undefined>}
 */
export async function readSchema(token) {
  return await readJson(`/schema?token=${encodeURIComponent(token)}`) ?? undefined;
}

/**
 * What is not as the schema says; `undefined` if that cannot be told.
 *
 * @param {string} token
 * @param {string} text The configuration.
 * @returns {Promise<SchemaProblems | undefined>}
 */
export async function checkConfiguration(token, text) {
  try {
    const response = await fetch("/check", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: `{"token":${JSON.stringify(token)},"config":${text}}`,
    });
    return response.ok ? await response.json() ?? undefined : undefined;
  } catch {
    return undefined; // the page says that the program is away
  }
}
