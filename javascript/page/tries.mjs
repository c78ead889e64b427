// @ts-check
/* The strip of the last first pictures. */
import { clear, h } from "./dom.mjs";
import * as model from "./model.mjs";
import * as notice from "./notice.mjs";
import { get, ofRun, url } from "./routes.mjs";
import { t } from "./words.mjs";

/**
 * @typedef {import("../types/answers.js").Run} Run
 * @typedef {import("../types/answers.js").Try} Try
 */

const parts = /** @type {{ strip: HTMLElement }} */ ({});
/** @type {Try[]} */
let known = [];
/** @type {Run | null} */
let current = null; // what is on the stage

/** @type {(run: Run) => void} */
let show = () => {};

/** @param {(run: Run) => void} opened called with the picture to show */
export function build(opened) {
    show = opened;
    parts.strip = h("div", { class: "anim-tries", id: "anim_tries", role: "group", "aria-label": t("The last first pictures"), hidden: true });
    refresh();
    return parts.strip;
}

export async function refresh() {
    known = (await get("tries").catch(() => ({ tries: known }))).tries;
    clear(parts.strip, known.map(picture));
    mark(current);
}

/** @param {Try} one */
function picture(one) {
    const open = async () => show(await get(ofRun(one)).catch(() => one));
    return h("button", { class: "anim-try", "data-id": one.id, title: t("seed {n}", { n: String(one.seed) }), onclick: open }, h("img", { src: url(ofRun(one) + "/frame?n=1"), alt: t("seed {n}", { n: String(one.seed) }) }));
}

/**
 * Mark the picture that is shown; the strip makes room for a film.
 * @param {Run | null} run
 */
export function mark(run) {
    current = run;
    parts.strip.hidden = !known.length || (run !== null && run.what !== "first");
    for (const node of /** @type {Iterable<HTMLElement>} */ (parts.strip.children)) node.setAttribute("aria-current", String(node.dataset.id === run?.id));
}

/**
 * Take the form that a picture was painted by, with its seed, so that a film begins with it.
 * @param {Run} run
 */
export function use(run) {
    const painted = known.find((one) => one.id === run.id);
    if (run.seed === null || !painted) return;
    const { seed: _, ...changes } = painted.changes;
    const before = JSON.stringify(unseeded(model.form()));
    model.replace({ essentials: { ...painted.essentials, seed: run.seed }, changes }, model.source, model.film);
    model.show(model.view);
    if (JSON.stringify(unseeded(model.form())) !== before) notice.showChange([t("The form is what this picture was painted by.")]);
}

/** @param {import("../types/answers.js").Form} form */
const unseeded = ({ essentials, changes }) => [Object.entries({ ...essentials, seed: 0 }).sort(), Object.entries({ ...changes, seed: 0 }).sort()];
