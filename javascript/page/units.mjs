// @ts-check
/* The ControlNet units among all settings: one that is off is one line, and the next is offered when the one before is on. */
import { h } from "./dom.mjs";
import * as model from "./model.mjs";

/** @typedef {import("./settings.mjs").Row} Row */

const KEY = /^cn_(\d)_(.*)/;
/** @type {{ box: HTMLElement, rows: Row[], number: number }[]} */
let all = [];
/** @type {string[]} */
let resting = []; // keys without an effect, as last known
let searched = false;

/** The form is built anew. */
export function begin() {
    all = [];
}

/**
 * The nodes of rows; those of each unit stand in a box.
 * @param {Row[]} rows
 */
export function boxes(rows) {
    const numbers = [...new Set(rows.map(({ field }) => Number(KEY.exec(field.key)?.[1] || 0)))];
    return numbers.map((number) => {
        const mine = rows.filter(({ field }) => Number(KEY.exec(field.key)?.[1] || 0) === number);
        return number ? unit(number, mine) : mine.map((row) => row.node);
    });
}

/**
 * @param {number} number
 * @param {Row[]} rows
 */
function unit(number, rows) {
    const box = h("div", { class: "anim-unit", id: "anim_unit_" + number }, rows.map((row) => row.node));
    all.push({ box, rows, number });
    return box;
}

/** @param {number} number */
const on = (number) => Boolean(model.value(/** @type {model.Key} */ (`cn_${number}_enabled`)));

/** Fold what has no effect now, by the same conditions that grey other settings. */
export function marks() {
    resting = model.seen?.resting || resting;
    for (const { box, rows, number } of all) {
        const used = on(number);
        box.classList.toggle("anim-on", used);
        box.classList.toggle("anim-folded", !searched && !used && number > 1 && !on(number - 1));
        for (const { field, node } of rows) node.classList.toggle("anim-folded", folded(field.key, used));
    }
}

/**
 * @param {string} key
 * @param {boolean} used whether its unit is on
 */
const folded = (key, used) => !searched && !key.endsWith("_enabled") && (!used || resting.includes(key));

/**
 * Show also what has no effect, while a search shows settings by their names.
 * @param {boolean} search whether there is one
 */
export function unfold(search) {
    if (search === searched) return;
    searched = search;
    marks();
}

/**
 * Show a row, for its problem.
 * @param {HTMLElement} row
 */
export function reveal(row) {
    row.classList.remove("anim-folded");
    row.closest(".anim-unit")?.classList.remove("anim-folded");
}
