// @ts-check
/* All settings: the settings table by groups, searchable by label, key and help. */
import * as brush from "./brush.mjs";
import * as controls from "./controls.mjs";
import { h } from "./dom.mjs";
import * as framePictures from "./frame_pictures.mjs";
import * as model from "./model.mjs";
import * as pickers from "./pickers.mjs";
import * as units from "./units.mjs";
import { t, word } from "./words.mjs";

/**
 * @typedef {import("../types/answers.js").Field} Field
 * @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Control
 * @typedef {{ field: Field, node: HTMLElement }} Row
 */

/** @type {Record<string, Row>} */
let rows = {};
/** @type {{ node: HTMLDetailsElement, fields: Row[], name: string }[]} */
let groups = [];
/** @type {HTMLElement} */
let none; // shown if a search finds nothing
let sought = "";
/** @type {HTMLInputElement} */
let search;
const open = new Set(["Run", "Prompts", "Motion"]);

export function build() {
    rows = {};
    units.begin();
    groups = model.described.groups.map(group);
    search = h("input", { type: "search", id: "anim_search", placeholder: t("Search settings"), value: sought, oninput: () => ((sought = search.value), seek()) });
    none = h("p", { class: "anim-quiet anim-none", hidden: true }, t("No setting has that in its name."));
    const view = h("div", { class: "anim-all" }, search, groups.map((one) => one.node), none);
    seek();
    return view;
}

/** @param {import("../types/answers.js").Group} described */
function group(described) {
    const fields = described.fields.map((field) => (rows[field.key] = { field, node: row(field) }));
    const node = h("details", { open: open.has(described.name) }, h("summary", {}, t(described.name), h("span", { class: "anim-count" })), units.boxes(fields));
    node.addEventListener("toggle", () => {
        if (!sought) open[node.open ? "add" : "delete"](described.name);
    });
    return { node, fields, name: described.name };
}

function seek() {
    const words = sought.toLowerCase().split(/\s+/).filter(Boolean);
    units.unfold(words.length > 0);
    let any = false;
    for (const one of groups) {
        let some = false;
        for (const { field, node } of one.fields) {
            const text = [field.key, field.label, word(field.label, field.key), field.help, t(field.help)].join(" ").toLowerCase();
            node.hidden = !words.every((wanted) => text.includes(wanted));
            some = some || !node.hidden;
        }
        one.node.hidden = !some;
        one.node.open = words.length ? some : open.has(one.name);
        any = any || some;
    }
    none.hidden = any;
}

/**
 * Show the row of a setting, also where a search or a closed group hides it.
 * @param {string} key
 */
export function reveal(key) {
    if (rows[key].node.hidden) {
        sought = search.value = "";
        seek();
    }
    const group = groups.find((one) => one.fields.includes(rows[key]));
    if (group) group.node.open = true;
    units.reveal(rows[key].node);
}

/** Mark changed and unused settings, and show the current values of the others. */
export function marks() {
    for (const { field, node } of Object.values(rows)) {
        node.classList.toggle("anim-changed", field.key in model.changes);
        node.classList.toggle("anim-resting", Boolean(model.seen?.resting?.includes(field.key)));
        const control = /** @type {Control | null} */ (node.querySelector("[data-control]"));
        const upload = /** @type {HTMLElement | null} */ (node.querySelector("[data-upload]"));
        if (upload && upload.dataset.upload !== String(model.value(field.key) || "")) upload.replaceWith(filling(field));
        if (control && !(field.key in model.changes) && document.activeElement !== control) write(control, model.value(field.key));
    }
    for (const [key, hint] of Object.entries(model.seen?.hints || {})) {
        if (rows[key]) below(rows[key].node, ".anim-against").textContent = hint ? t(hint) : "";
    }
    units.marks();
    for (const one of groups) {
        const many = one.fields.filter(({ field }) => field.key in model.changes).length;
        below(one.node, "summary .anim-count").textContent = many ? String(many) : "";
    }
}

/**
 * @param {HTMLElement} node
 * @param {string} selector
 */
const below = (node, selector) => /** @type {HTMLElement} */ (node.querySelector(selector));

/** @param {Field} field */
function row(field) {
    const back = h("button", { class: "anim-back", title: t("Back to what it was"), onclick: () => model.reset(field.key) }, "↺");
    return controls.row(field.key, field.label, field.help, control(field), h("span", { class: "anim-key" }, h("code", {}, field.key), back));
}

/** @param {Field} field */
function control(field) {
    const value = model.value(field.key);
    const props = { id: "anim_" + field.key, "data-control": "1" };
    const typed = { ...props, value: shown(value), oninput: take(field) };
    switch (field.kind) {
        case "path":
        case "sound":
        case "video":
        case "files":
            return [given(field, String(value || "")), field.key === "mask_file" && brush.button()];
        case "pictures":
            return framePictures.build(field.key);
        case "switch":
            return h("label", { class: "anim-switch" }, h("input", { ...props, type: "checkbox", checked: Boolean(value), onchange: toggle(field) }), h("span", {}, t("On")));
        case "choice":
            return choice(field, String(value), { ...props, onchange: take(field) });
        case "integer":
        case "number":
            return h("input", { ...typed, type: "number", step: field.kind === "integer" ? 1 : "any", oninput: count(field) });
        case "schedule":
            return controls.area({ ...typed, class: "anim-code", onfocus: () => model.want(field.key) }, 1);
        case "texts":
            return controls.area({ ...typed, class: "anim-code" }, 1);
        case "prompts": {
            const area = controls.area({ ...typed, class: "anim-code" }, 4);
            return [area, pickers.build("prompts", area)];
        }
        default:
            return field.known ? combo(field, field.known, typed) : controls.area(typed, 1);
    }
}

// handlers that store a typed or chosen value
/** @param {Field} field */
const take = (field) => (/** @type {{ target: Control }} */ { target }) => model.change(field.key, target.value);
/** @param {Field} field */
const count = (field) => (/** @type {{ target: Control }} */ { target }) => model.change(field.key, target.value === "" ? "" : Number(target.value));
/** @param {Field} field */
const toggle = (field) => (/** @type {{ target: HTMLInputElement }} */ { target }) => model.change(field.key, target.checked);

/**
 * What holds the uploads of a field.
 * @param {Field} field
 */
const filling = (field) => (field.kind === "pictures" ? framePictures.build(field.key) : given(field, String(model.value(field.key) || "")));

/**
 * @param {Field} field
 * @param {string} id
 */
function given(field, id) {
    const remove = () => {
        model.change(field.key, "");
        if (field.kind === "sound") model.change("add_soundtrack", "None");
        model.show("all");
    };
    const kinds = field.accepts || [/** @type {controls.Kind} */ (field.kind === "path" ? "picture" : field.kind)];
    return controls.given(kinds, field.key, id, remove);
}

/**
 * @param {Field} field
 * @param {string} value
 * @param {import("./dom.mjs").Props} props
 */
function choice({ key, choices = [] }, value, props) {
    const all = choices.includes(value) ? choices : [value, ...choices];
    return h("select", props, all.map((one) => h("option", { value: one, selected: one === value }, word(one, key))));
}

/**
 * @param {Field} field
 * @param {string[]} known
 * @param {import("./dom.mjs").Props} props
 */
function combo(field, known, props) {
    return choice({ ...field, choices: known }, props.value, { ...props, oninput: null, onchange: take(field) });
}

/** @param {unknown} value */
export function shown(value) {
    if (value === null || value === undefined) return "";
    return typeof value === "object" ? JSON.stringify(value, null, 1) : String(value);
}

/**
 * @param {Control} control
 * @param {unknown} value
 */
function write(control, value) {
    if (control instanceof HTMLSelectElement && ![...control.options].some((one) => one.value === value)) control.prepend(h("option", { value: String(value) }, String(value)));
    if (control instanceof HTMLInputElement && control.type === "checkbox") control.checked = Boolean(value);
    else if (control.value !== shown(value)) control.value = shown(value);
}
