// @ts-check
/* The essentials: the questions of a film, with default answers. */
import { art } from "./art.mjs";
import * as brush from "./brush.mjs";
import * as controls from "./controls.mjs";
import { h, radios } from "./dom.mjs";
import * as films from "./films.mjs";
import * as model from "./model.mjs";
import * as music from "./music.mjs";
import * as notice from "./notice.mjs";
import * as pickers from "./pickers.mjs";
import { t, tell } from "./words.mjs";

/**
 * @typedef {import("../types/answers.js").Essential} Essential
 * @typedef {string | number | null} Answer
 */

/** @type {Record<string, HTMLElement>} */
let rows = {};

export function build() {
    rows = {};
    for (const one of model.described.essentials) rows[one.key] = ROWS[one.kind](one, model.answers[one.key]);
    const pair = (/** @type {string[]} */ ...keys) => h("div", { class: "anim-pair" }, keys.map((key) => rows[key]));
    return h(
        "div",
        { class: "anim-essentials" },
        rows.scenes,
        rows.avoid,
        rows.movement,
        pair("speed", "steadiness"),
        pair("coherence", "quality"),
        pair("shape", "length"),
        rows.seed,
        rows.start_picture,
        model.answers.start_picture ? rows.start_fit : null,
        rows.music,
        model.answers.music ? pair("tempo", "beat") : null,
        pair("ending", "save_as"),
    );
}

/** Show which essentials are overridden by changes. */
export function marks() {
    for (const [key, row] of Object.entries(rows)) {
        const against = model.against(key).filter((written) => first(written) === key);
        const place = /** @type {HTMLElement} */ (row.querySelector(".anim-against"));
        if (against.length) {
            const drop = h("button", { class: "anim-link", onclick: () => model.reset(...against) }, t("Let this decide again"));
            place.replaceChildren(t("Set by hand under All settings: {keys}.", { keys: against.join(", ") }), " ", drop);
        } else if (model.answers[key] === null) {
            place.replaceChildren(t("As in the loaded file."));
        } else place.replaceChildren(...(SAID[key]?.() || []));
    }
    const help = rows.length.querySelector(".anim-help");
    if (help) help.textContent = t("At {n} pictures a second", { n: model.value("fps") });
}

/** What is said of scenes after the end, with the ways to have them in the film. */
function late() {
    const found = model.seen?.late;
    if (!found) return [];
    const write = (/** @type {string} */ text) => (model.answer("scenes", text), model.show("essentials"));
    const link = (/** @type {string} */ id, /** @type {string} */ label, /** @type {string} */ text) => h("button", { id, class: "anim-link", onclick: () => write(text) }, label);
    return [tell(found.note), " ", link("anim_stretch", t("Fit all into the length"), found.stretched), " · ", link("anim_drop_late", t("Delete them"), found.dropped)];
}

/** Whether the film takes the shape of its start picture. */
const takesShape = () => Boolean(model.answers.start_picture) && model.answers.start_fit === "shape";

/** The ways to paint only a part of the start picture, or all of it again. */
function part() {
    if (!model.answers.start_picture) return [];
    const link = (/** @type {string} */ id, /** @type {string} */ label, /** @type {() => void} */ onclick) => h("button", { id, class: "anim-link", onclick }, label);
    if (!brush.isOn()) return [link("anim_part", t("Paint only a part of it"), () => brush.open())];
    return [t("Only a part is painted, by a mask."), " ", link("anim_part", t("Change the mask"), () => brush.open()), " · ", link("anim_whole", t("Paint all of it"), brush.remove)];
}

/** What is said at an answer that holds. @type {Record<string, () => (Node | string)[]>} */
const SAID = { length: late, start_picture: part, shape: () => (takesShape() ? [t("The film takes the shape of its start picture.")] : []) };

/** @type {Partial<Record<model.Key, string>>} */
const OWNERS = { strength_schedule: "steadiness" };

/**
 * The essential under which a setting is shown if several write it.
 * @param {model.Key} written
 */
const first = (written) => OWNERS[written] || Object.keys(model.essentials).find((key) => model.essentials[key].writes.includes(written)) || "movement";

/** @param {Essential} one */
const answer = (one) => (/** @type {Event} */ event) => model.answer(one.key, /** @type {HTMLInputElement} */ (event.target).value);

/**
 * @param {Essential} one
 * @param {Answer} value
 */
function lines(one, value) {
    const area = controls.area({ id: "anim_" + one.key, value: value === null ? "" : value, oninput: answer(one), class: "anim-scenes prompt" }, 3);
    return controls.row(one.key, one.label, one.help, [area, value === null ? null : pickers.build("scenes", area)]);
}

/**
 * @param {Essential} one
 * @param {Answer} value
 */
function text(one, value) {
    return controls.row(one.key, one.label, one.help, h("input", { type: "text", id: "anim_" + one.key, value: value || "", oninput: answer(one) }));
}

/**
 * @param {Essential} one
 * @param {Answer} value
 */
function tiles(one, value) {
    const known = one.tiles || {};
    const tile = (/** @type {[string, string]} */ [key, label]) =>
        h(
            "button",
            {
                class: "anim-tile anim-move-" + key,
                id: "anim_tile_" + key,
                role: "radio",
                title: t(known[key].help),
                "aria-checked": String(key === value),
                onclick: () => move(one, key),
            },
            h("span", { class: "anim-art" }, art(key)),
            h("span", { class: "anim-name" }, t(label)),
        );
    const offered = one.choices.filter(([key]) => known[key].offered || key === value);
    const group = radios({ class: "anim-tiles", id: "anim_" + one.key, "aria-label": t(one.label) }, offered.map(tile));
    return controls.row(one.key, one.label, value ? known[value].help : one.help, group);
}

/**
 * Take a movement, which replaces what was set by hand; that is said.
 * @param {Essential} one
 * @param {string} key
 */
function move(one, key) {
    const before = { ...model.changes };
    model.answer(one.key, key);
    const lost = Object.keys(before).filter((changed) => !(changed in model.changes) && changed in model.fields);
    if (lost.length) notice.showChange([t("What was set by hand is replaced by the movement: {keys}.", { keys: lost.join(", ") })]);
}

/**
 * @param {Essential} one
 * @param {Answer} value
 */
function slider(one, value) {
    const known = value === null ? one.default : value;
    const number = h("input", { type: "number", id: "anim_" + one.key, class: "anim-number", min: one.low, step: one.step, value: known });
    const range = h("input", { type: "range", min: one.low, max: one.high, step: one.step, value: known, "aria-label": t(one.label), tabIndex: -1 });
    const take = (/** @type {string} */ typed) => model.answer(one.key, typed === "" || isNaN(Number(typed)) ? typed : Number(typed));
    range.addEventListener("input", () => ((number.value = range.value), take(range.value)));
    number.addEventListener("input", () => ((range.value = number.value), take(number.value)));
    const off = one.key === "speed" && model.answers.movement === null;
    number.disabled = range.disabled = off;
    const unit = one.key === "length" ? h("span", { class: "anim-unit" }, t("s")) : null;
    return controls.row(one.key, one.label, one.help, h("div", { class: "anim-slider" }, range, number, unit));
}

/**
 * @param {Essential} one
 * @param {Answer} value
 */
function choice(one, value) {
    const { sizes } = one;
    const option = (/** @type {[string, string]} */ [key, label]) =>
        h(
            "button",
            { role: "radio", id: "anim_" + one.key + "_" + key, title: sizes ? sizes[key].join("×") : null, "aria-checked": String(key === value), onclick: (/** @type {Event} */ event) => chosen(one, key, event) },
            sizes ? h("i", { class: "anim-shape anim-shape-" + key }) : null,
            t(label),
        );
    return controls.row(one.key, one.label, one.help, radios({ class: "anim-choice", id: "anim_" + one.key, "aria-label": t(one.label) }, one.choices.map(option)));
}

/**
 * @param {Essential} one
 * @param {string} key
 * @param {Event} event
 */
function chosen(one, key, event) {
    const pressed = /** @type {HTMLElement} */ (event.currentTarget);
    for (const button of pressed.parentElement?.children || []) button.setAttribute("aria-checked", String(button === pressed));
    if (one.key === "shape" && takesShape()) {
        model.answer("start_fit", "crop");
        model.show("essentials");
    }
    model.answer(one.key, key);
}

/**
 * @param {Essential} one
 * @param {Answer} value
 */
function seed(one, value) {
    const input = h("input", { type: "number", id: "anim_seed", value: value === null ? "" : value, min: -1, step: 1 });
    const take = () => model.answer("seed", input.value === "" ? "" : Number(input.value));
    const set = (/** @type {number} */ number) => ((input.value = String(number)), take());
    input.addEventListener("input", take);
    const again = () => {
        const last = films.lastSeed();
        if (last !== null) set(last);
    };
    return controls.row(
        one.key,
        one.label,
        one.help,
        h(
            "div",
            { class: "anim-slider" },
            input,
            h("button", { class: "anim-button anim-icon", id: "anim_seed_last", title: t("The seed of the last film or picture"), onclick: again }, "♻"),
            h("button", { class: "anim-button anim-icon", id: "anim_seed_draw", title: t("A new seed each time (-1)"), onclick: () => set(-1) }, "⚄"),
        ),
    );
}

/**
 * @param {Essential} one
 * @param {Answer} value
 */
function given(one, value) {
    const remove = () => (model.answer(one.key, ""), model.show("essentials"));
    const area = controls.given([/** @type {controls.Kind} */ (one.kind)], one.key, String(value || ""), remove);
    return controls.row(one.key, one.label, one.help, [area, one.kind === "sound" && value ? music.length(String(value)) : null]);
}

/**
 * @param {Essential} one
 * @param {Answer} value
 */
function tempo(one, value) {
    const id = model.answers.music;
    return controls.row(one.key, one.label, one.help, id ? music.tempo(String(id), value) : null);
}

/** @type {Record<Essential["kind"], (one: Essential, value: Answer) => HTMLElement>} */
const ROWS = { lines, text, tiles, slider, choice, seed, picture: given, sound: given, tempo };
