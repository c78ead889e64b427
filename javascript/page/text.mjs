// @ts-check
/* The settings as the text of a settings file. What is typed becomes the form as soon as it can be read; the text itself is
   left alone, so that it can be undone. */
import { excerpt } from "./controls.mjs";
import { clear, h, later } from "./dom.mjs";
import * as model from "./model.mjs";
import { Refusal, ask, faults, post } from "./routes.mjs";
import { problem, t, tell } from "./words.mjs";

/** @typedef {import("../types/answers.js").Problem} Problem */

const parts = /** @type {{ area: HTMLTextAreaElement, faults: HTMLElement, notes: HTMLElement }} */ ({});

/** @type {{ text: string, read: boolean, form: string, notes: string[] } | null} */
let draft = null; // `read`: whether the form says the same; `form`: that form

export function build() {
    parts.area = h("textarea", { id: "anim_text", class: "anim-code anim-sheet", wrap: "off", spellcheck: false, "aria-label": "JSON", oninput: typed });
    parts.faults = h("div", { class: "anim-problems", id: "anim_text_faults", role: "status" });
    parts.notes = h("div", { class: "anim-notes" });
    const help = t("What Save writes. A change counts as soon as the text can be read; whole files can be pasted, those of Deforum too.");
    if (draft && draft.form === form()) again(draft);
    else fill();
    return h("div", { class: "anim-body" }, h("p", { class: "anim-quiet" }, help), parts.faults, parts.area, parts.notes);
}

const form = () => JSON.stringify(model.form());

/**
 * A text that was begun and left goes on where it was.
 * @param {{ text: string, read: boolean }} begun
 */
function again(begun) {
    parts.area.value = begun.text;
    if (!begun.read) soon();
}

async function fill() {
    const { area } = parts;
    area.disabled = true;
    draft = null;
    try {
        const written = form();
        area.value = await (await ask("save", model.form())).text();
        area.disabled = false;
        draft = { text: area.value, read: true, form: written, notes: [] };
    } catch (told) {
        area.placeholder = t("What is wrong has to be mended first; then the text is shown.");
        if (told.gone) model.fault(faults(told));
    }
    marks();
}

function typed() {
    draft = { form: "", notes: [], ...draft, text: parts.area.value, read: false };
    soon();
}

const soon = later(check, 250);

/**
 * Put the text into the form. Its problems come back, none when it could be read.
 * @returns {Promise<Problem[]>}
 */
async function check() {
    const asked = draft;
    if (!asked || asked.read) return [];
    const answer = await post("text", { ...model.form(), text: asked.text }).catch((told) => ({ problems: faults(told) }));
    if (asked !== draft) return answer.problems; // somebody typed on
    asked.notes = answer.notes || [];
    if (answer.problems.length) {
        if (model.view === "text") model.fault(answer.problems);
    } else {
        model.write(answer);
        Object.assign(asked, { read: true, form: form() });
    }
    return answer.problems;
}

/** Wait until the form says what the text says. Rejects with a Refusal when the text on the page cannot be read. */
export async function applied() {
    const problems = model.view === "text" ? await check() : [];
    if (problems.length) throw new Refusal("", problems);
}

/** Write above the text what is wrong with it, each with a way to its place, and below it what was mended. */
export function marks() {
    const wrong = model.problems();
    const line = (/** @type {Problem} */ one) => h("li", {}, h("button", { class: "anim-link", onclick: () => go(one) }, problem(one)), excerpt(one.excerpt));
    clear(parts.faults, wrong.length ? h("ul", {}, wrong.map(line)) : null);
    clear(parts.notes, (draft ? draft.notes : []).map((note) => h("p", {}, tell(note))));
}

/**
 * Mark the place of a problem in the text, in the middle of what is seen of it.
 * @param {Problem} one
 */
function go(one) {
    const { area } = parts;
    const [from, to] = place(one, area.value);
    area.focus();
    area.setSelectionRange(from, to);
    const line = area.value.slice(0, from).split("\n").length;
    area.scrollTop = line * parseFloat(getComputedStyle(area).lineHeight) - area.clientHeight / 2;
}

/**
 * Where a problem is in the text: its line and column, or the key of the setting that it is about.
 * @param {Problem} one
 * @param {string} whole
 * @returns {[number, number]} first and behind the last
 */
export function place(one, whole) {
    if (!one.key && one.line && one.column) {
        const before = whole.split("\n").slice(0, one.line - 1);
        const from = before.join("\n").length + (before.length ? 1 : 0) + one.column - 1;
        return [from, from + 1];
    }
    const essential = model.essentials[one.key];
    const key = JSON.stringify(essential ? essential.writes[0] : one.key);
    const from = Math.max(0, whole.indexOf(key));
    return [from, from + (whole.startsWith(key, from) ? key.length : 0)];
}
