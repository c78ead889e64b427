// @ts-check
/* The box above the form: what became of a file, or why something could not be done. */
import { clear, h } from "./dom.mjs";
import { t } from "./words.mjs";

/** @type {HTMLElement} */
let box;

export function build() {
    box = h("div", { class: "anim-told", id: "anim_told", role: "status" });
    return box;
}

/**
 * Show lines in place of those before; `fault` when they say what is wrong.
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
