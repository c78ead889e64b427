// @ts-check
/* The settings as the text of a settings file. Edits are applied to the form as soon as they can be parsed; the text itself is
   not rewritten, so that undo works. */
import { excerpt } from "./controls.mjs";
import { clear, h, later } from "./dom.mjs";
import * as model from "./model.mjs";
import { Refusal, ask, faults, post } from "./routes.mjs";
import { problem, t, tell } from "./words.mjs";

/** @typedef {import("../types/answers.js").Problem} Problem */

const parts = /** @type {{ area: HTMLTextAreaElement, faults: HTMLElement, notes: HTMLElement }} */ ({});

/** @type {{ text: string, read: boolean, form: string, notes: string[] } | null} */
let draft = null; // `read`: whether the text is applied to the form; `form`: that form

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
 * Continue editing an earlier text.
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
    } catch (error) {
        area.placeholder = t("What is wrong has to be mended first; then the text is shown.");
        if (error.gone) model.fault(faults(error));
    }
    marks();
}

function typed() {
    draft = { form: "", notes: [], ...draft, text: parts.area.value, read: false };
    soon();
}

const soon = later(check, 250);

/**
 * Apply the text to the form; return its problems.
 * @returns {Promise<Problem[]>}
 */
async function check() {
    const checked = draft;
    if (!checked || checked.read) return [];
    const answer = await post("text", { ...model.form(), text: checked.text }).catch((error) => ({ problems: faults(error) }));
    if (checked !== draft) return answer.problems; // the text has changed since
    checked.notes = answer.notes || [];
    if (answer.problems.length) {
        if (model.view === "text") model.fault(answer.problems);
    } else {
        model.write(answer);
        Object.assign(checked, { read: true, form: form() });
    }
    return answer.problems;
}

/** Wait until the text is applied to the form. Rejects with a Refusal if it cannot be parsed. */
export async function applied() {
    const problems = model.view === "text" ? await check() : [];
    if (problems.length) throw new Refusal("", problems);
}

/** Show the text's problems above it, each with a link to its place, and notes below it. */
export function marks() {
    const wrong = model.problems();
    const line = (/** @type {Problem} */ one) => h("li", {}, h("button", { class: "anim-link", onclick: () => go(one) }, problem(one)), excerpt(one.excerpt));
    clear(parts.faults, wrong.length ? h("ul", {}, wrong.map(line)) : null);
    clear(parts.notes, (draft ? draft.notes : []).map((note) => h("p", {}, tell(note))));
}

/**
 * Select the place of a problem in the text and scroll it to the middle.
 * @param {Problem} one
 */
export function go(one) {
    const { area } = parts;
    const [from, to] = place(one, area.value);
    area.focus();
    area.setSelectionRange(from, to);
    const line = area.value.slice(0, from).split("\n").length;
    area.scrollTop = line * parseFloat(getComputedStyle(area).lineHeight) - area.clientHeight / 2;
}

/**
 * The range of a problem in the text: its line and column, or the key of its setting.
 * @param {Problem} one
 * @param {string} whole
 * @returns {[number, number]} start and end (exclusive)
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
