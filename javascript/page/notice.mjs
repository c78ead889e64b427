// @ts-check
/* The box above the form for notices and errors. */
import { clear, h } from "./dom.mjs";
import * as model from "./model.mjs";
import { t } from "./words.mjs";

/** @type {HTMLElement} */
let box;

export function build() {
    box = h("div", { class: "anim-told", id: "anim_told", role: "status" });
    return box;
}

/**
 * Replace the shown lines; `fault` if they are errors.
 * @param {string[]} texts
 * @param {boolean} [fault]
 * @returns {HTMLElement} the box
 */
export function show(texts, fault) {
    clear(
        box,
        texts.map((text) => h("p", { class: fault ? "anim-fault" : "" }, text)),
        texts.length ? h("button", { class: "anim-close", title: t("Close"), onclick: close }, "×") : null,
    );
    return box;
}

/**
 * Show lines about a change of the form, with a button that takes it back.
 * @param {string[]} texts
 */
export function showChange(texts) {
    const back = h("button", { id: "anim_undo", class: "anim-button", title: t("Ctrl+Z, outside of fields"), onclick: () => (close(), model.undo()) }, t("Undo"));
    show(texts).append(h("div", { class: "anim-files" }, back));
}

export function close() {
    clear(box);
}
