// @ts-check
/* The routes under anim/, which do all the work. */
import { t, tell } from "./words.mjs";

/** @typedef {import("../types/answers.js").Problem} Problem */

/** What a route says instead of an answer: the message, problems of the form, whether nobody answered at all, and whether the film's model is gone. */
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
 * The address of a route; the routes stand beside the page.
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
 * Ask a route. Rejects with a Refusal when it refuses, or when nobody answers.
 * @param {string} path
 * @param {unknown} [body]
 * @param {string} [type] of a body that is sent as it is; others are sent as JSON
 */
export async function ask(path, body, type) {
    const answer = await fetch(url(path), request(body, type)).catch(() => {
        throw new Refusal(t("No answer from the program. Is it still running?"), [], true);
    });
    if (!answer.ok) {
        const told = await answer.json().catch(() => ({}));
        throw new Refusal(
            told.error ? tell(told.message || told.error) : answer.status + " " + answer.statusText,
            told.problems || [],
            false,
            Boolean(told.other_model),
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
 * The problems that a refusal names; one without a field when it names none.
 * @param {Refusal} told
 * @returns {Problem[]}
 */
export const faults = (told) => (told.problems.length ? told.problems : [{ key: "", place: [], line: null, column: null, reason: told.message, remedy: null }]);
