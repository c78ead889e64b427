// @ts-check
/* The list of films in the output folder, also of earlier sessions. */
import { clear, h } from "./dom.mjs";
import { get, ofRun, url } from "./routes.mjs";
import { t, tell } from "./words.mjs";

/** @typedef {import("../types/answers.js").Run} Run */

const OVER = ["done", "stopped", "failed"];
const parts = /** @type {{ card: HTMLElement, list: HTMLElement }} */ ({});

/** @type {(run: Run) => void} */
let show = () => {}; // shows a film on the stage
/** @type {(none: boolean) => void} */
let greet = () => {}; // told whether there are no films
/** @type {Run[]} */
let known = [];
/** @type {Run | null} */
let current = null; // the one on the stage

/**
 * @param {(run: Run) => void} opened called with the film to show
 * @param {(none: boolean) => void} listed called with whether there are none
 */
export function build(opened, listed) {
    show = opened;
    greet = listed;
    parts.list = h("div", { class: "anim-films", id: "anim_films" });
    parts.card = h("div", { class: "anim-card anim-past", hidden: true }, h("h2", {}, t("Films")), parts.list);
    return parts.card;
}

/**
 * Reload the list; with `first`, show the running job, if any.
 * @param {boolean} [first]
 */
export async function refresh(first) {
    try {
        known = (await get("runs")).runs;
    } catch (error) {
        return; // the stage reports a missing answer
    }
    parts.card.hidden = known.length === 0;
    clear(parts.list, known.map(film));
    greet(known.length === 0);
    const busy = known.find((run) => ["running", "paused"].includes(run.state)) || known.find((run) => run.state === "queued");
    if (first && busy && !current) show(busy);
    else if (current) mark(current);
}

/** Whether a film is being painted or waits, as far as the list knows. */
export const busy = () => known.some((run) => !OVER.includes(run.state) && run.id !== current?.id);

/** The seed of the shown film, or of the newest one. */
export const lastSeed = () => current?.seed ?? (known.length ? known[0].seed : null);

/**
 * Mark the film that is shown.
 * @param {Run} run
 */
export function mark(run) {
    current = run;
    const nodes = /** @type {HTMLElement[]} */ ([...parts.list.children]);
    for (const node of nodes) node.setAttribute("aria-current", String(node.dataset.id === run.id));
}

/** @param {Run} run */
function state(run) {
    const words = { queued: t("queued"), running: t("under way"), paused: t("paused"), done: t("finished"), stopped: t("stopped"), failed: t("failed") };
    return words[run.state] || run.state;
}

/** @param {Run} run */
function film(run) {
    const count = run.state === "done" ? t("{n} frames", { n: run.frame }) : t("{n} of {of} frames", { n: run.frame, of: run.of });
    return h(
        "button",
        { class: "anim-film anim-is-" + run.state, "data-id": run.id, title: run.error ? tell(run.message || run.error) : run.name, onclick: () => open(run) },
        h("span", { class: "anim-thumb" }, run.frame ? h("img", { src: url(ofRun(run) + "/frame?n=" + run.frame), loading: "lazy", alt: "" }) : null),
        h("span", { class: "anim-name" }, run.name),
        h("span", { class: "anim-quiet" }, count + " · " + state(run)),
    );
}

/** @param {Run} run */
async function open(run) {
    try {
        show(await get(ofRun(run)));
    } catch (error) {
        refresh();
    }
}
