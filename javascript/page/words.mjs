// @ts-check
/* What is said, in the reader's language. English texts are the keys of the dictionaries. */

/** @typedef {Record<string, string | number>} Blanks */

/** @type {Record<string, string>} */
let words = {}; // ours, where the host's own dictionary has no part of it

/** @type {{ text: string, blanks: string[], fits: RegExp, own: number }[] | null} */
let patterns = null; // the entries with blanks, those with most words of their own first

/** @returns {Record<string, string>[]} */
const dictionaries = () => [words, /** @type {any} */ (window).localization || {}]; // hosts keep theirs there

/** @param {string} text */
const entry = (text) => dictionaries().find((one) => Object.hasOwn(one, text))?.[text];

/**
 * Let a dictionary hold besides the host's.
 * @param {Record<string, string>} dictionary
 */
export function use(dictionary) {
    words = dictionary;
    patterns = null;
}

/**
 * The text in the reader's language; `{name}` is filled in.
 * @param {string} text
 * @param {Blanks} [values]
 */
export function t(text, values) {
    const said = entry(text) || text;
    return said.replace(/\{(\w+)\}/g, (whole, name) => (values && name in values ? String(values[name]) : whole));
}

/**
 * A word that means something else on a host's other pages: its entry is `word (of)`, else that of the word alone.
 * @param {string} word
 * @param {string} of
 */
export const word = (word, of) => entry(`${word} (${of})`) || t(word);

/**
 * What the program says in English, in the reader's language: by its own entry, or by one with blanks that fits.
 * In a blank `{n}` stands a number, in `{said}` what is told in its turn, in others anything.
 * @param {string} text
 * @returns {string}
 */
export function tell(text) {
    if (entry(text)) return t(text);
    patterns = patterns || dictionaries().flatMap(Object.keys).filter((known) => BLANK.test(known)).map(pattern).sort((a, b) => b.own - a.own);
    for (const { text: known, blanks, fits } of patterns) {
        const found = fits.exec(text);
        if (found) return t(known, Object.fromEntries(blanks.map((name, k) => [name, name === "said" ? tell(found[k + 1]) : found[k + 1]])));
    }
    return text;
}

const BLANK = /\{\w+\}/;

/** @param {string} text */
function pattern(text) {
    const pieces = text.split(/\{(\w+)\}/); // texts, and between them the blanks' names
    const takes = (/** @type {string} */ name) => (name === "n" ? "(-?\\d[\\d.]*)" : "(.+?)");
    const plain = (/** @type {string} */ piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const fits = new RegExp("^" + pieces.map((piece, k) => (k % 2 ? takes(piece) : plain(piece))).join("") + "$", "s");
    return { text, fits, blanks: pieces.filter((_, k) => k % 2), own: text.replace(/\{\w+\}/g, "").length };
}

/**
 * A problem as one line: the setting, the place in it, what is wrong, what to do.
 * @param {import("../types/answers.js").Problem} problem
 */
export function problem({ key, place, reason, remedy, text }) {
    if (!reason) return tell(text);
    const told = (/** @type {(string | undefined)[]} */ ...parts) => parts.flatMap((part) => (part ? [tell(part)] : []));
    const where = [key, ...told(place)].filter(Boolean).join(", ");
    return (where && where + ": ") + told(reason, remedy).join("; ");
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
 * 130 -> "2 min", 20 -> "20 s": for what is only known roughly.
 * @param {number} seconds
 */
export function about(seconds) {
    if (seconds < 90) return t("{n} s", { n: Math.max(1, Math.round(seconds)) });
    if (seconds < 5400) return t("{n} min", { n: Math.round(seconds / 60) });
    return t("{n} h", { n: Math.round(seconds / 360) / 10 });
}
