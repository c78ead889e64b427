// @ts-check
/* A film's first pictures with Deforum's look and with the repaired one, side by side and synchronised. */
import { clear, h, swap } from "./dom.mjs";
import * as model from "./model.mjs";
import * as notice from "./notice.mjs";
import { faults, get, ofRun, post, url } from "./routes.mjs";
import * as text from "./text.mjs";
import { problem, t, tell } from "./words.mjs";

/**
 * @typedef {import("../types/answers.js").Run} Run
 * @typedef {{ classic: boolean, run: Run, node: HTMLElement, screen: HTMLElement, state: HTMLElement, drawn: number }} Side
 */

const EVERY = 700; // milliseconds between two polls of the jobs
const OVER = ["done", "stopped", "failed"];
const parts = /** @type {{ card: HTMLElement, sides: HTMLElement, stop: HTMLElement }} */ ({});
/** @type {Side[]} */
let sides = [];
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {(on: boolean) => void} */
let makeRoom = () => {};

/** @param {(on: boolean) => void} room called with true when the comparison replaces the film, with false afterwards */
export function build(room) {
    makeRoom = room;
    parts.sides = h("div", { class: "anim-sides" });
    parts.stop = h("button", { id: "anim_compare_stop", class: "anim-button", onclick: () => stop() }, t("Stop"));
    const shut = h("button", { id: "anim_compare_close", class: "anim-button", onclick: () => close() }, t("Close"));
    const title = h("h2", {}, t("The first frames, with both looks"));
    parts.card = h("div", { class: "anim-card anim-compare", id: "anim_compare", hidden: true }, h("div", { class: "anim-top" }, title, h("div", { class: "anim-files" }, parts.stop, shut)), parts.sides);
    return parts.card;
}

/** Paint the first frames of the form's film twice, from the same seed. */
export async function begin() {
    close();
    try {
        await text.applied();
        const form = model.form();
        const first = await ask(form, { classic: true });
        sides = [side(true, t("As in Deforum"), first)];
        sides.push(side(false, t("Repaired"), await ask(form, { classic: false, seed: first.seed ?? undefined })));
    } catch (error) {
        close();
        notice.show(faults(error).map(problem), true);
        return;
    }
    parts.sides.style.setProperty("--anim-ratio", String(model.ratio()));
    clear(parts.sides, sides.map((one) => one.node));
    show(true);
    sides.forEach(draw);
    timer = setTimeout(poll, EVERY);
}

/**
 * @param {import("../types/answers.js").Form} form
 * @param {import("../types/answers.js").Values} changes
 * @returns {Promise<Run>}
 */
const ask = (form, changes) => post("begin", { ...form, changes: { ...form.changes, ...changes }, what: "opening" });

export const stoppable = () => sides.some(running);

export function stop() {
    for (const one of sides.filter(running)) post(ofRun(one.run) + "/stop", {}).catch(() => {});
}

/** Close the comparison and stop its jobs. */
export function close() {
    stop();
    clearTimeout(timer);
    sides = [];
    show(false);
}

/** @param {boolean} on */
function show(on) {
    parts.card.hidden = !on;
    makeRoom(on);
}

const running = (/** @type {Side} */ one) => !OVER.includes(one.run.state);

/**
 * @param {boolean} classic
 * @param {string} label
 * @param {Run} run
 * @returns {Side}
 */
function side(classic, label, run) {
    const screen = h("div", { class: "anim-screen" });
    const state = h("span", { class: "anim-quiet" });
    const choose = h("button", { id: "anim_keep_" + (classic ? "classic" : "repaired"), class: "anim-button", onclick: () => keep(classic) }, t("Keep this look"));
    const node = h("figure", {}, screen, h("figcaption", {}, h("strong", {}, label), state, choose));
    return { classic, run, node, screen, state, drawn: 0 };
}

/** @param {boolean} classic */
function keep(classic) {
    close();
    model.change("classic", classic);
    model.show(model.view);
}

async function poll() {
    const polled = sides;
    for (const one of polled.filter(running)) {
        const run = await get(ofRun(one.run)).catch(() => one.run);
        if (polled !== sides) return;
        one.run = run;
        draw(one);
    }
    if (stoppable()) timer = setTimeout(poll, EVERY);
    else finish();
}

/** @param {Side} one */
function draw(one) {
    const { run } = one;
    parts.stop.hidden = !stoppable();
    one.state.textContent = describe(run);
    one.state.classList.toggle("anim-fault", run.state === "failed");
    if (!run.frame || one.drawn === run.frame) return;
    one.drawn = run.frame;
    swap(one.screen, h("img", { alt: "", src: url(ofRun(run) + "/frame?n=" + run.frame) }));
}

/** @param {Run} run */
function describe(run) {
    if (run.state === "queued") return t("Queued, {n} before it", { n: run.before || 0 });
    if (run.doing === "loading") return t("Loading the model…");
    return (run.error && tell(run.message || run.error)) || t("frame {n} of {of}", { n: run.frame, of: run.of });
}

/** Replace the pictures by both films, which play and loop together. */
async function finish() {
    const finished = sides;
    const films = finished.filter((one) => one.run.video).map((one) => {
        const player = h("video", { src: url(ofRun(one.run) + "/video?v=" + one.run.video), muted: true, playsInline: true, preload: "auto" });
        return { one, player };
    });
    const there = await Promise.all(films.map(({ one, player }) => swap(one.screen, player)));
    const players = films.map(({ player }) => player).filter((_, k) => there[k]);
    const together = () => players.forEach((player) => ((player.currentTime = 0), player.play().catch(() => {})));
    for (const player of players) player.addEventListener("ended", () => finished === sides && players.every((other) => other.ended) && together());
    together();
}
