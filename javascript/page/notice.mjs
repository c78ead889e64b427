// @ts-check
/* The box above the form for notices and errors. */
import { clear, h } from "./dom.mjs";
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

export function close() {
    clear(box);
}
