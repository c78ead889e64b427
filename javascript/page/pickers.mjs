// @ts-check
/* The pickers below a box of prompts: the engine's LoRAs and styles, by name. */
import { clear, h } from "./dom.mjs";
import * as notice from "./notice.mjs";
import { get, post } from "./routes.mjs";
import { t } from "./words.mjs";

/** @typedef {"scenes" | "prompts"} Name of a box */

/** @type {import("../types/answers.js").Palette} */
let known = { loras: [], styles: [] };

/** @type {{ name: Name, area: HTMLTextAreaElement, node: HTMLElement } | null} */
let box = null; // the shown box and its pickers

// for each box: where the words of a prompt end, and the field of what to avoid
const BOXES = {
    scenes: { ends: /\s*(--neg\b.*)?$/, avoid: "anim_avoid" },
    prompts: { ends: /\s*(--neg\b[^"\n]*)?("[\s,}\]]*)?$/, avoid: "anim_animation_prompts_negative" },
};

/** Load the names; without any, nothing is shown. */
export async function begin() {
    known = await get("palette").catch(() => known);
    fill();
}

/**
 * @param {Name} name
 * @param {HTMLTextAreaElement} area
 */
export function build(name, area) {
    box = { name, area, node: h("div", { class: "anim-pickers" }) };
    fill();
    return box.node;
}

function fill() {
    if (!box) return;
    const panel = h("div", { class: "anim-picking", hidden: true });
    /**
     * @param {keyof typeof known} kind
     * @param {HTMLElement} pressed
     */
    const open = (kind, pressed) => {
        const shut = pressed.getAttribute("aria-expanded") === "true";
        for (const button of pressed.parentElement?.children || []) button.setAttribute("aria-expanded", String(button === pressed && !shut));
        panel.hidden = shut;
        if (!shut) list(panel, known[kind], PICK[kind]);
    };
    /**
     * @param {keyof typeof known} kind
     * @param {string} label
     * @param {string} help
     */
    const button = (kind, label, help) => {
        const pressed = h("button", { class: "anim-button", id: "anim_pick_" + kind, title: help, "aria-expanded": "false", onclick: () => open(kind, pressed) }, label);
        return known[kind].length ? pressed : null;
    };
    const buttons = [
        button("loras", "LoRA", t("Goes into the prompt where the cursor is")),
        button("styles", t("Styles"), t("Goes round every prompt; what it avoids goes to Avoid")),
    ].filter(Boolean);
    clear(box.node, buttons.length ? [h("div", { class: "anim-files" }, buttons), panel] : []);
}

/**
 * A searchable list of names to click.
 * @param {HTMLElement} panel
 * @param {string[]} names
 * @param {(name: string) => void} pick
 */
function list(panel, names, pick) {
    const rows = names.map((name) => h("button", { class: "anim-pick", title: name, onclick: () => pick(name) }, name));
    const filter = () => {
        const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
        for (const row of rows) row.hidden = !words.every((word) => row.title.toLowerCase().includes(word));
    };
    const search = h("input", { type: "search", placeholder: t("Search by name"), "aria-label": t("Search by name"), oninput: filter });
    clear(panel, search, h("div", { class: "anim-names" }, rows));
    search.focus();
}

const PICK = { loras: (/** @type {string} */ name) => insert(`<lora:${name}:1>`), styles: applyStyle };

/**
 * Insert a tag after the words of the prompt at the cursor.
 * @param {string} tag
 */
function insert(tag) {
    if (!box) return;
    const { name, area } = box;
    const { text, at } = placed(name, area.value, area.selectionStart, tag);
    area.setRangeText(text, at, at, "end");
    area.focus();
    area.dispatchEvent(new Event("input"));
}

/**
 * The text to insert for a tag after the words of the prompt at the cursor, and its position.
 * @param {Name} name of the box
 * @param {string} whole text of the box
 * @param {number} cursor
 * @param {string} tag
 */
export function placed(name, whole, cursor, tag) {
    const quoted = name === "prompts" && /^\s*[{[]/.test(whole); // prompts as JSON
    const line = whole.indexOf("\n", cursor);
    const upTo = whole.slice(0, line < 0 ? undefined : line);
    const prompt = quoted && !upTo.includes(":") ? whole : upTo; // the cursor is before all prompts
    const at = prompt.replace(BOXES[quoted ? "prompts" : "scenes"].ends, "").length;
    const text = quoted ? JSON.stringify(tag).slice(1, -1) : tag;
    return { text: /[^\s"]$/.test(prompt.slice(0, at)) ? " " + text : text, at };
}

/** @param {string} style */
async function applyStyle(style) {
    if (!box) return;
    const { name, area } = box;
    const avoid = /** @type {HTMLTextAreaElement} */ (document.getElementById(BOXES[name].avoid));
    try {
        const answer = await post("style", { name: style, box: name, text: area.value, avoid: avoid.value });
        write(area, answer.text);
        write(avoid, answer.avoid);
    } catch (error) {
        notice.show([error.message], true);
    }
}

/**
 * @param {HTMLTextAreaElement} control
 * @param {string} text
 */
function write(control, text) {
    if (control.value === text) return;
    control.value = text;
    control.dispatchEvent(new Event("input"));
}
