// @ts-check
/* The form: answers to the essentials, and changes that override them. A change overrides what follows from the answers; a new
   answer removes the changes of the settings that it writes. Kept in the browser's storage across reloads and restarts. */
import { later } from "./dom.mjs";
import { faults, post } from "./routes.mjs";
import { recall, remember } from "./storage.mjs";
import { stack } from "./undo.mjs";

/**
 * @typedef {import("../types/answers.js").Key} Key
 * @typedef {import("../types/settings.js").Settings} Settings
 * @typedef {"essentials" | "all" | "text"} View
 * @typedef {"form" | "value" | "seen"} What is new: the whole form, a value in it, or what the program says of it
 */

/** @type {import("../types/answers.js").Description} */
export let described;
/** @type {Record<string, import("../types/answers.js").Field>} */
export let fields = {};
/** @type {Record<string, import("../types/answers.js").Essential>} */
export let essentials = {};
/** @type {import("../types/answers.js").Answers} */
export let answers = {};
/** @type {import("../types/answers.js").Values} */
export let changes = {};
let allowMissing = false; // whether features that are not there are left out
/** @type {import("../types/answers.js").Values} */
let values = {}; // of all settings, from the last answer of the program
/** @type {View} */
export let view = "essentials";
export let source = ""; // the file that the form was loaded from
export let film = ""; // the film whose settings the form holds
/** @type {Record<string, string>} */
let names = {}; // of uploads by their ids
/** @type {import("../types/answers.js").Seen | null} */
export let seen = null; // the program's validation of the form
/** @type {Key[]} */
export let wanted = []; // curves to request in addition to those that vary

export let loads = 0; // how often the whole form was replaced

/** @type {((what: What) => void)[]} */
const watchers = [];

/** @typedef {{ answers: typeof answers, changes: typeof changes, allowMissing: boolean, source: string, film: string }} State */
const states = /** @type {ReturnType<typeof stack<State>>} */ (stack());

/** @returns {State} */
const state = () => ({ answers: { ...answers }, changes: { ...changes }, allowMissing, source, film });

/** Take the last change back; return whether there was one. */
export const undo = () => restoreState(states.back(state()));

/** Make the change again that was taken back last; return whether there was one. */
export const redo = () => restoreState(states.forth(state()));

/** @param {State | undefined} before */
function restoreState(before) {
    if (!before) return false;
    ({ answers, changes, allowMissing, source, film } = before);
    changed("form");
    return true;
}

/** @type {import("../types/answers.js").Answers} */
let defaults = {};

/** @param {import("../types/answers.js").Description} description */
function build(description) {
    described = description;
    fields = Object.fromEntries(described.groups.flatMap((group) => group.fields.map((field) => [field.key, field])));
    essentials = Object.fromEntries(described.essentials.map((one) => [one.key, one]));
    defaults = Object.fromEntries(described.essentials.map((one) => [one.key, one.default]));
}

/**
 * Another painter was chosen: answers that nobody gave become its own.
 * @param {import("../types/answers.js").Description} description
 */
export function describe(description) {
    const before = defaults;
    build(description);
    for (const key of Object.keys(defaults)) if (answers[key] === before[key]) answers[key] = defaults[key];
    changed("form");
}

/** @param {import("../types/answers.js").Description} description */
export function begin(description) {
    build(description);
    const stored = restore();
    answers = { ...defaults, ...stored.answers };
    changes = { ...stored.changes };
    allowMissing = Boolean(stored.allowMissing);
    view = ["all", "text"].includes(stored.view) ? stored.view : "essentials";
    source = stored.source || "";
    names = { ...stored.names };
}

function restore() {
    try {
        return JSON.parse(recall("form", "{}")) || {};
    } catch (error) {
        return {}; // another program's data under our key
    }
}

/** @param {(what: What) => void} watcher */
export const watch = (watcher) => watchers.push(watcher);

/** @param {What} what */
const notify = (what) => watchers.forEach((watcher) => watcher(what));

function save() {
    /** @type {Set<unknown>} */
    const used = new Set([...Object.values(answers), ...Object.values(changes)]);
    const usedNames = Object.fromEntries(Object.entries(names).filter(([id]) => used.has(id)));
    remember("form", JSON.stringify({ answers, changes, allowMissing, view, source, names: usedNames }));
}

/** @returns {import("../types/answers.js").Form} */
export const form = () => ({ essentials: answers, changes, allow_missing: allowMissing });

/** @param {string | number | null} movement */
const tile = (movement) => essentials.movement.tiles?.[String(movement)];

/**
 * Give the answers that suit a movement in place of those that nobody gave, and take back those of the one before.
 * @param {import("../types/answers.js").Tile | undefined} before
 * @param {import("../types/answers.js").Tile | undefined} now
 */
function suit(before, now) {
    for (const [key, value] of Object.entries(before?.answers || {})) if (answers[key] === value) answers[key] = defaults[key];
    for (const [key, value] of Object.entries(now?.answers || {})) if (answers[key] === defaults[key]) answers[key] = value;
}

/**
 * The settings that follow from an answer.
 * @param {string} key of an essential
 * @returns {Key[]}
 */
const writes = (key) => [...essentials[key].writes, ...((key === "movement" && tile(answers.movement)?.writes) || [])];

/**
 * @param {string} key of an essential
 * @param {string | number} value
 */
export function answer(key, value) {
    states.record(key === "movement" ? "" : key, state());
    if (key === "movement") suit(tile(answers.movement), tile(value));
    answers[key] = value;
    if (key === "music" && "tempo" in answers) answers.tempo = essentials.tempo.default; // it was of another sound
    if (key === "movement") {
        answers.steadiness = essentials.movement.tiles?.[value].steadiness ?? answers.steadiness;
        if (answers.speed === null) answers.speed = 1;
    }
    for (const written of writes(key)) delete changes[written];
    changed(key === "movement" ? "form" : "value");
}

/**
 * @template {Key} One
 * @param {One} key
 * @param {Settings[One] | string} value of the setting, or a text that is not yet one
 */
export const change = (key, value) => changeAll({ [key]: value }, key);

/**
 * Change several settings at once.
 * @param {{ [One in Key]?: Settings[One] | string }} given
 * @param {string} [what] is changed, so that more changes of it are one to take back
 */
export function changeAll(given, what = "") {
    states.record(what, state());
    Object.assign(changes, given);
    changed("value");
}

/** @param {Key[]} keys */
export function reset(...keys) {
    states.record("", state());
    for (const key of keys) delete changes[key];
    changed("form");
}

/** Leave out what is not there. */
export function leaveOut() {
    states.record("", state());
    allowMissing = true;
    changed("value");
}

/**
 * Replace the form; `ofFilm` if it holds the settings of a film.
 * @param {Partial<import("../types/answers.js").LoadedForm>} form
 * @param {string} [from] the file's name
 * @param {string} [ofFilm]
 */
export function replace(form, from = "", ofFilm = "") {
    states.record("", state());
    loads++;
    latestRequest++; // a pending answer is about the form before
    answers = { ...defaults, ...form.essentials };
    changes = { ...form.changes };
    allowMissing = Boolean(form.allow_missing);
    values = { ...values, ...form.values };
    source = from;
    film = ofFilm;
    changed("form");
}

/**
 * Replace the form by that of an edited settings text.
 * @param {import("../types/answers.js").Form} form
 */
export function write(form) {
    states.record("text", state());
    answers = { ...form.essentials };
    changes = { ...form.changes };
    changed("value");
}

/**
 * The form holds the settings of this film.
 * @param {string} id
 */
export function hold(id) {
    film = id;
}

/**
 * Set problems of a text that cannot be parsed; the form cannot be filmed until they are gone.
 * @param {import("../types/answers.js").Problem[]} problems
 */
export function fault(problems) {
    latestRequest++; // a pending answer is outdated
    seen = { problems };
    notify("seen");
}

/** @param {View} another */
export function show(another) {
    view = another;
    save();
    notify("form");
    soon();
}

/**
 * The file name of an upload, empty if unknown; ids of files that come along hold it.
 * @param {string} id
 */
export const nameOf = (id) => names[id] || (id.includes("/") ? id.slice(id.lastIndexOf("/") + 1) : "");

/**
 * @param {string} id of an upload
 * @param {string} name
 */
export function name(id, name) {
    names[id] = name;
}

/** The validated facts of the form, null if it has problems. */
export const facts = () => (seen && !seen.problems.length ? /** @type {import("../types/answers.js").Facts} */ (seen) : null);

/** Whether the movement can be previewed, also in spite of problems. */
export const previews = () => !seen || !seen.problems.length || Boolean(seen.preview);

/** The known problems of the form. */
export const problems = () => (seen ? seen.problems : []);

/**
 * Settings written by an essential that a change overrides.
 * @param {string} key
 */
export const against = (key) => writes(key).filter((written) => written in changes && written in fields);

/**
 * The current value of a setting, as far as it is known.
 * @template {Key} One
 * @param {One} key
 * @returns {Settings[One]}
 */
export function value(key) {
    const known = [changes, values].find((some) => key in some);
    return /** @type {Settings[One]} */ (known ? known[key] : fields[key].default);
}

/** @param {What} what */
function changed(what) {
    save();
    notify(what);
    soon();
}

let latestRequest = 0;

/** Validate the form. */
export async function look() {
    const request = ++latestRequest;
    /** @type {import("../types/answers.js").Seen} */
    const result = await post("look", { ...form(), curves: wanted }).catch((refusal) => ({ problems: faults(refusal) }));
    if (request !== latestRequest) return; // the form has changed since
    seen = result;
    if (result.values) values = result.values;
    notify("seen");
}

const soon = later(look, 120);

/** Aspect ratio (width / height) of the form's film. */
export const ratio = () => value("W") / value("H");

/**
 * Request the curve of a setting while it is edited.
 * @param {Key} key
 */
export function want(key) {
    if (wanted[0] === key) return;
    wanted = key ? [key] : [];
    look();
}
