// @ts-check
/* What the page holds: answers to the essentials, and changes laid over them. The last word on a setting counts: a change
   overrides what follows from the answers, and a new answer takes away the changes of what it writes.
   Survives reload and restart in the browser's storage. */
import { later } from "./dom.mjs";
import { faults, post } from "./routes.mjs";
import { recall, remember } from "./storage.mjs";

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
/** @type {import("../types/answers.js").Values} */
let values = {}; // of all settings, as the program told them last
/** @type {View} */
export let view = "essentials";
export let source = ""; // the file that the form came from
export let film = ""; // the film whose settings the form holds
/** @type {Record<string, string>} */
let names = {}; // of uploads by their ids
/** @type {import("../types/answers.js").Seen | null} */
export let seen = null; // what the program says of the form
/** @type {Key[]} */
export let wanted = []; // the curves that are wanted besides those that move

/** @type {((what: What) => void)[]} */
const watchers = [];

/** @type {import("../types/answers.js").Answers} */
let defaults = {};

/** @param {import("../types/answers.js").Description} description */
export function begin(description) {
    described = description;
    fields = Object.fromEntries(described.groups.flatMap((group) => group.fields.map((field) => [field.key, field])));
    essentials = Object.fromEntries(described.essentials.map((one) => [one.key, one]));
    defaults = Object.fromEntries(described.essentials.map((one) => [one.key, one.default]));
    const stored = kept();
    answers = { ...defaults, ...stored.answers };
    changes = { ...stored.changes };
    view = ["all", "text"].includes(stored.view) ? stored.view : "essentials";
    source = stored.source || "";
    names = { ...stored.names };
}

function kept() {
    try {
        return JSON.parse(recall("form", "{}")) || {};
    } catch (error) {
        return {}; // somebody else's text in ours
    }
}

/** @param {(what: What) => void} watcher */
export const watch = (watcher) => watchers.push(watcher);

/** @param {What} what */
const tell = (what) => watchers.forEach((watcher) => watcher(what));

function keep() {
    /** @type {Set<unknown>} */
    const used = new Set([...Object.values(answers), ...Object.values(changes)]);
    const usedNames = Object.fromEntries(Object.entries(names).filter(([id]) => used.has(id)));
    remember("form", JSON.stringify({ answers, changes, view, source, names: usedNames }));
}

/** @returns {import("../types/answers.js").Form} */
export const form = () => ({ essentials: answers, changes });

/**
 * @param {string} key of an essential
 * @param {string | number} value
 */
export function answer(key, value) {
    answers[key] = value;
    if (key === "movement") {
        answers.steadiness = essentials.movement.tiles?.[value].steadiness ?? answers.steadiness;
        if (answers.speed === null) answers.speed = 1;
    }
    for (const written of essentials[key].writes) delete changes[written];
    changed(key === "movement" ? "form" : "value");
}

/**
 * @template {Key} One
 * @param {One} key
 * @param {Settings[One] | string} value of the setting, or a text that is not yet one
 */
export function change(key, value) {
    Object.assign(changes, { [key]: value });
    changed("value");
}

/** @param {Key[]} keys */
export function reset(...keys) {
    for (const key of keys) delete changes[key];
    changed("form");
}

/**
 * Another form; `film` when it is the settings of one.
 * @param {Partial<import("../types/answers.js").LoadedForm>} form
 * @param {string} [from] the file's name
 * @param {string} [ofFilm]
 */
export function replace(form, from = "", ofFilm = "") {
    answers = { ...defaults, ...form.essentials };
    changes = { ...form.changes };
    values = { ...values, ...form.values };
    source = from;
    film = ofFilm;
    changed("form");
}

/**
 * Take what a text of settings made of the form.
 * @param {import("../types/answers.js").Form} form
 */
export function write(form) {
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
 * What is being written cannot be read; nothing is filmed as long as that is so.
 * @param {import("../types/answers.js").Problem[]} problems
 */
export function fault(problems) {
    asked++; // an answer under way is about something older
    seen = { problems };
    tell("seen");
}

/** @param {View} another */
export function show(another) {
    view = another;
    keep();
    tell("form");
    soon();
}

/**
 * The name of an upload's file, empty when it is not known.
 * @param {string} id
 */
export const nameOf = (id) => names[id] || "";

/**
 * @param {string} id of an upload
 * @param {string} name
 */
export function name(id, name) {
    names[id] = name;
}

/** What the form means, when it can be filmed. */
export const facts = () => (seen && !seen.problems.length ? /** @type {import("../types/answers.js").Facts} */ (seen) : null);

/** What is wrong with the form, as far as it is known. */
export const problems = () => (seen ? seen.problems : []);

/**
 * Settings that stand against what an essential says.
 * @param {string} key
 */
export const against = (key) => essentials[key].writes.filter((written) => written in changes && written in fields);

/**
 * The value that a setting has now, as far as it is known.
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
    keep();
    tell(what);
    soon();
}

let asked = 0;

/** Ask the program what the form means. */
export async function look() {
    const mine = ++asked;
    /** @type {import("../types/answers.js").Seen} */
    const told = await post("look", { ...form(), curves: wanted }).catch((refusal) => ({ problems: faults(refusal) }));
    if (mine !== asked) return; // somebody typed on; the newer answer counts
    seen = told;
    if (told.values) values = told.values;
    tell("seen");
}

const soon = later(look, 120);

/** Width by height of the form's film. */
export const ratio = () => value("W") / value("H");

/**
 * The curve of a setting is wanted while it is being edited.
 * @param {Key} key
 */
export function want(key) {
    if (wanted[0] === key) return;
    wanted = key ? [key] : [];
    look();
}
