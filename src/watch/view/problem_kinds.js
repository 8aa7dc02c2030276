// @ts-check

/**
 * What may be wrong with a network's metrics and sources, in words: the page and the terminal show them.
 *
 * @module
 */

/** @import { ProblemKind } from "./problem_kind.ts" */

/**
 * @typedef {object} KindText
 * @property {"error" | "warning" | "note"} severity
 * @property {"metric" | "source"} about What has the problem.
 * @property {string} title
 * @property {string} meaning What it is, and how it is known.
 * @property {string} help What helps.
 */

/**
 * The kinds, the gravest first.
 *
 * @type {Readonly<Record<ProblemKind, KindText>>}
 */
export const PROBLEM_KINDS = {
  "source-gone": {
    severity: "error",
    about: "source",
    title: "Source is gone",
    meaning: "Metrics name it as their source, and it does not answer discover.",
    help: "Start it, or read its log. Where it is gone for good, its metrics can be archived.",
  },
  "token-shared": {
    severity: "error",
    about: "source",
    title: "Token is shared",
    meaning: "Several agents have answered one call of discover with the same token.",
    help: "Give each of them a token of its own: only one gets configurations and calls.",
  },
  "answers-error": {
    severity: "error",
    about: "source",
    title: "Answers an error",
    meaning: "It answers discover with an error.",
    help: "Read its log; an old client library may not know the call.",
  },
  "clock-wrong": {
    severity: "error",
    about: "source",
    title: "Clock is wrong",
    meaning:
      "The time in its answer to discover is more than 0.5 s off the clock here, also if the " +
      "answer was on its way as long as it can have been.",
    help: "Set up NTP on its host. Where all are off by the same, it is the clock of this host.",
  },
  "silent": {
    severity: "error",
    about: "metric",
    title: "Silent",
    meaning: "It declares a rate, and no point has come for more than three of its periods.",
    help:
      "Look whether its source runs and what it measures. Where the source answers, read its log.",
  },
  "time-future": {
    severity: "error",
    about: "metric",
    title: "Times in the future",
    meaning: "Points came with a time more than 0.5 s ahead of the clock here.",
    help: "Set up NTP on the host that takes the time.",
  },
  "time-order": {
    severity: "error",
    about: "metric",
    title: "Times do not increase",
    meaning: "Points came that are not newer than the one before. Databases refuse them.",
    help: "Look for two sources of one metric, a clock that was set back, or points sent again.",
  },
  "not-finite": {
    severity: "error",
    about: "metric",
    title: "Values are infinite",
    meaning: "Infinite values came; averages over them are infinite, too.",
    help: "Let the source send NaN where there is no reading.",
  },
  "undeclared-points": {
    severity: "warning",
    about: "metric",
    title: "Sent without declaration",
    meaning: "Points come of a metric that nobody has declared.",
    help: "Declare it in its source, or correct the name that is sent.",
  },
  "undeclared": {
    severity: "warning",
    about: "metric",
    title: "No longer declared",
    meaning:
      "The manager does not list it any more, its source has started anew without declaring " +
      "it, or it is archived.",
    help: "Forget it here. That changes what is shown, not the network.",
  },
  "archived-sends": {
    severity: "warning",
    about: "metric",
    title: "Archived, and sends",
    meaning: "Its metadata says that it is archived, and points come.",
    help: "Stop it in its source, or take it out of the archive.",
  },
  "off-rate": {
    severity: "warning",
    about: "metric",
    title: "Off its rate",
    meaning: "Its rate is more than a tenth off the declared one.",
    help: "Correct the declared rate, or look why the source cannot keep up.",
  },
  "gaps": {
    severity: "warning",
    about: "metric",
    title: "Gaps",
    meaning: "Points were more than twice as far apart as usual.",
    help: "Look for deadlines that the source has missed, and for connections that were lost.",
  },
  "answers-late": {
    severity: "warning",
    about: "source",
    title: "Answers late",
    meaning: "It takes more than 2 s to answer discover.",
    help: "It is busy or blocked. Where all are late, the broker or this host is.",
  },
  "name-unusable": {
    severity: "warning",
    about: "metric",
    title: "Name cannot be used",
    meaning: "A name of more than 255 bytes, or with a part * or #, cannot be subscribed to.",
    help: "Rename it in its source.",
  },
  "rate-wrong": {
    severity: "warning",
    about: "metric",
    title: "Rate makes no sense",
    meaning: "The declared rate or interval is not one, or they contradict each other.",
    help: 'Declare a rate in Hz above 0, or an interval such as "10s".',
  },
  "source-missing": {
    severity: "warning",
    about: "metric",
    title: "Source missing",
    meaning: "Its metadata does not say which source it is from.",
    help: "Let its source declare it; the manager notes who did.",
  },
  "no-reading": {
    severity: "note",
    about: "metric",
    title: "No reading",
    meaning: "The newest value is NaN, by which a source says that it could not read one.",
    help: "Look at what it measures.",
  },
  "agent-silent": {
    severity: "note",
    about: "source",
    title: "Does not answer",
    meaning:
      "An agent without metrics has answered before and does not any more. Tools come and go.",
    help: "Start it again if it is missed, or forget it here.",
  },
  "unit-missing": {
    severity: "note",
    about: "metric",
    title: "Unit missing",
    meaning:
      "Its metadata has no text as unit. An empty one stands for a number without a dimension.",
    help: "Declare a unit in its source.",
  },
  "rate-missing": {
    severity: "note",
    about: "metric",
    title: "Rate missing",
    meaning: "It declares neither a rate nor an interval, so nobody can tell whether it is silent.",
    help: "Declare a rate in its source.",
  },
  "description-missing": {
    severity: "note",
    about: "metric",
    title: "Description missing",
    meaning: "Its metadata has no text as description.",
    help: "Declare a description in its source.",
  },
  "name-unusual": {
    severity: "note",
    about: "metric",
    title: "Unusual name",
    meaning:
      "Recommended are parts of letters, digits and underscores, joined by dots: the MetricQ " +
      "Wizard calls others invalid. The network carries it.",
    help: "Rename it when there is an occasion: what is stored stays under the old name.",
  },
};

/** Their names, the gravest first. */
export const KIND_NAMES = /** @type {readonly ProblemKind[]} */ (Object.keys(PROBLEM_KINDS));
