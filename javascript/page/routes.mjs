// @ts-check
/* Requests to the routes under anim/. */
import { t, tell } from "./words.mjs";

/** @typedef {import("../types/answers.js").Problem} Problem */

/** An error answer of a route: its message, problems of the form; `gone` if there was no answer, `otherModel` if the film's model is gone. */
export class Refusal extends Error {
    /**
     * @param {string} message
     * @param {Problem[]} problems
     * @param {boolean} gone
     * @param {boolean} otherModel
     */
    constructor(message, problems = [], gone = false, otherModel = false) {
        super(message);
        this.problems = problems;
        this.gone = gone;
        this.otherModel = otherModel;
    }
}

/**
 * The address of a route, relative to the page.
 * @param {string} path
 */
export function url(path) {
    const page = document.location.href.replace(/[?#].*$/, "").replace(/[^/]*$/, "");
    return new URL("anim/" + path, page).href;
}

/**
 * The route of a job or film.
 * @param {{ id: string }} run
 */
export const ofRun = (run) => "runs/" + encodeURIComponent(run.id);

/**
 * Send a request. Rejects with a Refusal on an error answer or without an answer.
 * @param {string} path
 * @param {unknown} [body]
 * @param {string} [type] of a body that is sent unchanged; others are sent as JSON
 */
export async function ask(path, body, type) {
    const answer = await fetch(url(path), request(body, type)).catch(() => {
        throw new Refusal(t("No answer from the program. Is it still running?"), [], true);
    });
    if (!answer.ok) {
        const content = await answer.json().catch(() => ({}));
        throw new Refusal(
            content.error ? tell(content.message || content.error) : answer.status + " " + answer.statusText,
            content.problems || [],
            false,
            Boolean(content.other_model),
        );
    }
    return answer;
}

/**
 * @param {unknown} body
 * @param {string} [type]
 * @returns {RequestInit}
 */
function request(body, type) {
    const common = /** @type {const} */ ({ credentials: "same-origin", cache: "no-store" });
    if (body === undefined) return { method: "GET", ...common };
    const headers = { "X-Anim": "1", "Content-Type": type || "application/json" };
    return { method: "POST", headers, body: type ? /** @type {Blob} */ (body) : JSON.stringify(body), ...common };
}

/**
 * @param {string} path
 * @returns {Promise<any>}
 */
export const get = async (path) => (await ask(path)).json();

/**
 * @param {string} path
 * @param {unknown} body
 * @returns {Promise<any>}
 */
export const post = async (path, body) => (await ask(path, body)).json();

/**
 * The problems of a refusal; if it has none, its message as a problem without a field.
 * @param {Refusal} content
 * @returns {Problem[]}
 */
export const faults = (content) => (content.problems.length ? content.problems : [{ key: "", place: [], line: null, column: null, reason: content.message, remedy: null }]);
