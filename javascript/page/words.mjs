// @ts-check
/* Translation to the reader's language. English texts are the keys of the dictionaries. */

/** @typedef {Record<string, string | number>} Blanks */
/** @typedef {import("../types/answers.js").Said} Said */

/** @type {Record<string, string>} */
let words = {}; // our dictionary, if the host's does not contain it

/** @returns {Record<string, string>[]} */
const dictionaries = () => [words, /** @type {any} */ (window).localization || {}]; // where hosts keep theirs

/** @param {string} text */
const entry = (text) => dictionaries().find((one) => Object.hasOwn(one, text))?.[text];

/**
 * Use a dictionary in addition to the host's.
 * @param {Record<string, string>} dictionary
 */
export function use(dictionary) {
    words = dictionary;
}

/**
 * Translate a text and fill in its {blanks}.
 * @param {string} text
 * @param {Blanks} [values]
 */
export function t(text, values) {
    const said = entry(text) || text;
    return said.replace(/\{(\w+)\}/g, (whole, name) => (values && name in values ? String(values[name]) : whole));
}

/**
 * Translate a word that is ambiguous on a host's other pages: its entry is `word (of)`, else that of the word alone. The five
 * ControlNet units share theirs: `word (cn_…)`.
 * @param {string} word
 * @param {string} of
 */
export const word = (word, of) => entry(`${word} (${of.replace(/^cn_\d/, "cn")})`) || t(word);

/**
 * Translate a message of the program and the messages among its values. A plain text is its own key.
 * @param {Said} said
 * @returns {string}
 */
export function tell(said) {
    if (typeof said === "string") return t(said);
    const values = Object.entries(said.values).map(([name, value]) => [name, typeof value === "object" ? tell(value) : value]);
    return t(said.text, Object.fromEntries(values));
}

/**
 * Format a problem as one line: setting, place, reason, remedy.
 * @param {import("../types/answers.js").Problem} problem
 */
export function problem({ key, place, reason, remedy }) {
    const where = [key, ...place.map(tell)].filter(Boolean).join(", ");
    return (where && where + ": ") + [reason, remedy].flatMap((part) => (part ? [tell(part)] : [])).join("; ");
}

/**
 * 130 -> "2:10", 3700 -> "1:01:40"
 * @param {number} seconds
 */
export function clock(seconds) {
    const s = Math.max(0, Math.round(seconds));
    const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
    const hours = Math.floor(s / 3600);
    return hours ? hours + ":" + two(Math.floor(s / 60) % 60) + ":" + two(s % 60) : Math.floor(s / 60) + ":" + two(s % 60);
}

/**
 * 130 -> "2 min", 20 -> "20 s": a rough duration.
 * @param {number} seconds
 */
export function about(seconds) {
    if (seconds < 90) return t("{n} s", { n: Math.max(1, Math.round(seconds)) });
    if (seconds < 5400) return t("{n} min", { n: Math.round(seconds / 60) });
    return t("{n} h", { n: Math.round(seconds / 360) / 10 });
}
