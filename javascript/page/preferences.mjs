// @ts-check
/* Language and theme, chosen by the reader on the page without a host. In a WebUI the host decides. */
import { h } from "./dom.mjs";
import { recall, remember } from "./storage.mjs";
import { t } from "./words.mjs";

const LANGUAGES = /** @type {Record<string, string>} */ ({ en: "English", ru: "Русский", zh_CN: "简体中文" });

/** Where they are chosen: lib_anim/page/document.py has it. */
const place = () => document.getElementById("anim_preferences");

/** The language of the page: the chosen one, that of `--language`, or the browser's; empty with a host. */
export function language() {
    const here = place();
    if (!here) return "";
    const wanted = recall("language", here.dataset.language || "");
    return wanted in LANGUAGES ? wanted : preferred(navigator.languages);
}

/**
 * The first of the browser's languages that the page has.
 * @param {readonly string[]} browsers such as "ru-RU"
 */
export function preferred(browsers) {
    const ours = browsers.map((one) => Object.keys(LANGUAGES).find((known) => short(known) === short(one)));
    return ours.find(Boolean) || "en";
}

/** @param {string} name */
const short = (name) => name.toLowerCase().split(/[-_]/)[0];

/** Show both choices, where there are any. */
export function build() {
    const here = place();
    if (!here) return;
    const now = language();
    document.documentElement.lang = now.replace("_", "-");
    const themes = { "": t("Theme of the system"), light: t("Light theme"), dark: t("Dark theme") };
    here.replaceChildren(
        select("anim_language", t("Language"), LANGUAGES, now, (chosen) => (remember("language", chosen), location.reload())),
        select("anim_theme", t("Theme"), themes, recall("theme", ""), (chosen) => (remember("theme", chosen), window.dispatchEvent(new Event("anim-theme")))),
    );
}

/**
 * @param {string} id
 * @param {string} name
 * @param {Record<string, string>} labels
 * @param {string} now
 * @param {(chosen: string) => void} take
 */
function select(id, name, labels, now, take) {
    const options = Object.entries(labels).map(([value, label]) => h("option", { value, selected: value === now }, label));
    /** @type {HTMLSelectElement} */
    const node = h("select", { id, "aria-label": name, title: name, autocomplete: "off", onchange: () => take(node.value) }, options);
    return node;
}
