// @ts-check
/* The state of a job as text. */
import { clock, t } from "./words.mjs";

/** @typedef {import("../types/answers.js").Run} Run */

export const over = (/** @type {Run} */ run) => ["done", "stopped", "failed"].includes(run.state);

export const running = (/** @type {Run} */ run) => run.state === "running" || run.state === "paused";

/**
 * The state of a job as texts; none if it failed.
 * @param {Run} run
 * @returns {string[]}
 */
export function words(run) {
    if (run.state === "queued") return [run.before ? t("Queued, {n} before it", { n: run.before }) : t("Begins…")];
    if (running(run)) return [advance(run), ...outlook(run)];
    if (run.state === "stopped") return [t("Stopped: {n} of {of} frames are kept", { n: run.frame, of: run.of })];
    return run.state === "done" ? result(run) : [];
}

/** @param {Run} run */
function advance(run) {
    if (run.doing === "waiting") return t("Waiting for another job…");
    return run.doing === "loading" ? t("Loading the model…") : t("frame {n} of {of}", { n: run.frame, of: run.of });
}

/**
 * The texts about what happens next.
 * @param {Run} run
 */
function outlook(run) {
    if (run.doing === "editing") return [t("the changes hold from the next picture on")];
    if (run.doing === "stopping") return [t("stops after this picture")];
    if (run.state === "paused") return [t("paused")];
    if (run.left === null || run.finish === null) return [];
    return [t("{time} left", { time: clock(run.left) }), t("done {time}", { time: new Date(run.finish * 1000).toTimeString().slice(0, 5) })];
}

/** @param {Run} run */
function result(run) {
    if (run.what === "preview") return [t("Preview")];
    const made = run.what === "first" ? t("First picture") : t("{name}: {n} frames", { name: run.name, n: run.frame });
    return [made, t("seed {n}", { n: String(run.seed) })];
}
