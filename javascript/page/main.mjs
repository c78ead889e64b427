// @ts-check
/* The whole page: built once, and reinserted whenever the host recreates its placeholder. */
import * as brush from "./brush.mjs";
import * as compare from "./compare.mjs";
import * as curves from "./curves.mjs";
import { clear, h, typing } from "./dom.mjs";
import * as files from "./files.mjs";
import * as films from "./films.mjs";
import * as form from "./form.mjs";
import * as model from "./model.mjs";
import * as notice from "./notice.mjs";
import * as pickers from "./pickers.mjs";
import * as preferences from "./preferences.mjs";
import { Refusal, get } from "./routes.mjs";
import * as screen from "./screen.mjs";
import * as stage from "./stage.mjs";
import * as words from "./words.mjs";

/** @type {HTMLElement | undefined} */
let root;
/** @type {Promise<void> | undefined} */
let started;

/**
 * Insert the page into its placeholder.
 * @param {HTMLElement} host
 */
export function place(host) {
    if (root?.parentNode === host) return;
    host.replaceChildren(root || begin());
}

/**
 * Begin films with a picture of another tab.
 * @param {File} file
 */
export async function receive(file) {
    await started;
    files.receive(file);
}

function begin() {
    const page = h("div", { class: "anim" });
    started = start(page).catch((error) => {
        clear(page, h("p", { class: "anim-fault" }, error instanceof Refusal ? error.message : String(error)));
    });
    root = page;
    return page;
}

/** @param {HTMLElement} page */
async function start(page) {
    clear(page, h("p", { class: "anim-quiet anim-wait" }, words.t("Loading…")));
    const language = preferences.language();
    const described = await get(language ? "form?language=" + language : "form");
    words.use(described.words);
    preferences.build();
    model.begin(described);
    const right = h("div", { class: "anim-right" });
    clear(page, h("div", { class: "anim-left" }, form.build()), right);
    clear(right, stage.build(), curves.build(), films.build(stage.show, screen.greet));
    follow(right);
    brush.begin(page);
    model.look();
    films.refresh(true);
    pickers.begin();
    document.addEventListener("keydown", keys, true);
}

/**
 * Keep a column visible while the other one is scrolled; of one higher than the window, its end.
 * @param {HTMLElement} column
 */
function follow(column) {
    const set = () => (column.style.top = Math.min(12, window.innerHeight - column.offsetHeight - 12) + "px");
    new ResizeObserver(set).observe(column);
    window.addEventListener("resize", set);
}

const visible = () => Boolean(root && root.isConnected && root.offsetParent);

/** @param {KeyboardEvent} event */
function keys(event) {
    if (!visible() || brush.isOpen()) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        event.stopPropagation();
        stage.begin("film");
    } else if (event.key === "Escape" && !typing(event)) {
        const busy = [compare, stage].find((part) => part.stoppable());
        if (!busy) return;
        event.preventDefault();
        event.stopPropagation(); // AUTOMATIC1111's key handler fails on tabs without an interrupt button
        busy.stop();
    } else if ((event.ctrlKey || event.metaKey) && !event.altKey && !typing(event)) {
        const key = event.key.toLowerCase();
        const done = key === "z" ? (event.shiftKey ? model.redo() : model.undo()) : key === "y" && model.redo();
        if (!done) return;
        event.preventDefault();
        notice.close();
    }
}
