// @ts-check
/* The left side: the essentials, all settings or their text, and the buttons for files. */
import { excerpt } from "./controls.mjs";
import { clear, h } from "./dom.mjs";
import * as essentials from "./essentials.mjs";
import * as files from "./files.mjs";
import * as model from "./model.mjs";
import * as notice from "./notice.mjs";
import * as offer from "./offer.mjs";
import * as settings from "./settings.mjs";
import * as text from "./text.mjs";
import { problem, t } from "./words.mjs";

const VIEWS = { essentials, all: settings, text };
const parts = /** @type {{ views: Record<model.View, HTMLElement>, body: HTMLElement, count: HTMLElement }} */ ({});

export function build() {
    parts.views = {
        essentials: tab("essentials", t("Essentials")),
        all: tab("all", t("All settings")),
        text: tab("text", "JSON"),
    };
    parts.count = h("span", { class: "anim-count" });
    parts.views.all.append(parts.count);
    parts.body = h("div", { class: "anim-body" });
    const top = h("div", { class: "anim-top" }, h("div", { class: "anim-tabs", role: "tablist" }, Object.values(parts.views)), files.build());
    const left = h("div", { class: "anim-form", ondragover: files.dragged, ondrop: files.dropped }, top, notice.build(), offer.build(), parts.body);
    model.watch((what) => {
        if (what === "form") draw();
        count();
        marks();
        offer.marks();
    });
    draw();
    count();
    offer.marks();
    return left;
}

/**
 * @param {model.View} view
 * @param {string} label
 */
function tab(view, label) {
    return h("button", { id: "anim_view_" + view, class: "anim-tab", role: "tab", onclick: () => model.show(view) }, label);
}

function draw() {
    for (const [view, node] of Object.entries(parts.views)) node.setAttribute("aria-selected", String(view === model.view));
    const restoreFocus = saveFocus();
    clear(parts.body, VIEWS[model.view].build());
    marks();
    restoreFocus();
}

/** Return a function that restores focus and cursor after the form is redrawn. */
function saveFocus() {
    const field = /** @type {HTMLInputElement | null} */ (document.activeElement);
    if (!field || !field.id || !parts.body.contains(field)) return () => {};
    const { id, selectionStart, selectionEnd } = field;
    return () => {
        const again = /** @type {HTMLInputElement | null} */ (document.getElementById(id));
        if (!again || !parts.body.contains(again)) return;
        again.focus({ preventScroll: true });
        if (typeof selectionStart === "number") again.setSelectionRange(selectionStart, selectionEnd);
    };
}

/**
 * Whether a problem is of a field that can be opened, or the text of all is.
 * @param {import("../types/answers.js").Problem} one
 */
export const has = ({ key }) => model.view === "text" || key in model.essentials || key in model.fields;

/**
 * Show the field of a problem and put the cursor there; in the JSON, select its place.
 * @param {import("../types/answers.js").Problem} one
 */
export function open(one) {
    if (model.view === "text") return text.go(one);
    const view = one.key in model.essentials ? "essentials" : "all";
    if (model.view !== view) model.show(view);
    if (view === "all") settings.reveal(one.key);
    focus(/** @type {HTMLElement} */ (document.getElementById("anim_" + one.key)), one.excerpt);
}

/**
 * Scroll to a control and focus it; select the place of a problem in its text.
 * @param {HTMLElement} control
 * @param {import("../types/answers.js").Excerpt | null} [piece] around the place
 */
function focus(control, piece) {
    const target = /** @type {HTMLElement} */ (control.querySelector("[aria-checked=true], .anim-another") || control);
    target.scrollIntoView({ block: "center" });
    target.focus({ preventScroll: true });
    if (!piece || !(target instanceof HTMLTextAreaElement)) return;
    const before = piece.before.replace(/^…/, "");
    const from = target.value.indexOf(before + piece.at) + before.length;
    if (from >= before.length) target.setSelectionRange(from, from + piece.at.length);
}

function count() {
    const many = Object.keys(model.changes).filter((key) => key in model.fields).length;
    parts.count.textContent = many ? String(many) : "";
    parts.count.title = many ? t("Settings that were changed here or came from a file") : "";
}

/** Show problems below their fields. */
function marks() {
    const rows = /** @type {Iterable<HTMLElement>} */ (parts.body.querySelectorAll(".anim-row"));
    for (const row of rows) {
        const mine = model.problems().filter((one) => one.key === row.dataset.key);
        row.classList.toggle("anim-bad", mine.length > 0);
        const lines = mine.map((one) => h("div", {}, problem({ ...one, key: "" }), excerpt(one.excerpt)));
        row.querySelector(".anim-wrong")?.replaceChildren(...lines);
    }
    VIEWS[model.view].marks();
}
