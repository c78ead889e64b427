// @ts-check
/* Curves of the schedules over the film, drawn from the plan while the user types. */
import { choice, clear, h, s } from "./dom.mjs";
import * as model from "./model.mjs";
import { recall, remember } from "./storage.mjs";
import { t, word } from "./words.mjs";

/**
 * @typedef {import("../types/answers.js").Curve} Curve
 * @typedef {import("../types/answers.js").Facts} Facts
 */

const WIDE = 600;
const HIGH = 64;
const MOST = 8; // curves shown at once
const parts = /** @type {{ card: HTMLElement, body: HTMLElement }} */ ({});
let which = "all"; // or "edited"
let drawn = 0; // the number of forms loaded when the curves were drawn

export function build() {
    which = recall("curves", "all");
    parts.body = h("div", { class: "anim-plots", id: "anim_curves" });
    const choices = { all: t("All that moves"), edited: t("Edited field") };
    const shown = choice("anim_shown", t("Curves"), choices, which, (chosen) => {
        which = chosen;
        remember("curves", which);
        if (model.seen) draw();
    });
    parts.card = h("details", { class: "anim-card anim-curves", open: true }, h("summary", {}, t("Curves")), h("div", { class: "anim-which" }, shown), parts.body);
    model.watch((what) => what === "seen" && draw());
    return parts.card;
}

function draw() {
    const facts = model.facts();
    parts.card.classList.toggle("anim-old", !facts);
    if (!facts && drawn !== model.loads) clear(parts.body); // they are of the form before
    if (!facts) return; // the last valid curves stay, dimmed
    drawn = model.loads;
    const edited = which === "edited";
    const curves = edited ? facts.curves.filter((curve) => model.wanted.includes(curve.key)) : facts.curves.slice(0, MOST);
    const none = edited ? t("Click into a schedule under All settings: its curve is drawn here.") : t("Every schedule holds one value through this film.");
    clear(parts.body, curves.length ? [curves.map((curve) => plot(curve, facts)), sceneNames(facts)] : h("p", { class: "anim-quiet" }, none));
}

/**
 * @param {Curve} curve
 * @param {Facts} facts
 */
function plot(curve, facts) {
    const last = Math.max(1, facts.frames - 1);
    const x = (/** @type {number} */ frame) => (frame / last) * WIDE;
    const reading = h("span", { class: "anim-reading" }, range(curve));
    const cross = s("line", { class: "anim-cross", y1: 0, y2: HIGH, x1: -9, x2: -9 });
    const picture = s(
        "svg",
        { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", role: "img", "aria-label": curve.key },
        facts.marks.slice(1).map((mark) => s("line", { class: "anim-mark", x1: x(mark.frame), x2: x(mark.frame), y1: 0, y2: HIGH })),
        curve.sound && s("path", { class: "anim-loud", d: soundPath(curve.sound, last) }),
        s("path", { class: "anim-curve", d: line(curve, last) }),
        cross,
    );
    /** @param {number} at */
    const put = (at) => ["x1", "x2"].forEach((end) => cross.setAttribute(end, String(at)));
    picture.addEventListener("mousemove", (event) => {
        const box = picture.getBoundingClientRect();
        const frame = Math.round(((event.clientX - box.left) / box.width) * last);
        const near = curve.points.reduce((a, b) => (Math.abs(b[0] - frame) < Math.abs(a[0] - frame) ? b : a));
        put(x(near[0]));
        reading.textContent = t("frame {n}", { n: near[0] }) + ": " + format(near[1]);
    });
    picture.addEventListener("mouseleave", () => {
        put(-9);
        reading.textContent = range(curve);
    });
    return h("div", { class: "anim-plot", "data-key": curve.key }, h("div", { class: "anim-label" }, h("label", {}, word(curve.label, curve.key)), h("code", {}, curve.key), reading), picture);
}

/**
 * The SVG path of a curve up to frame `last`; a straight line in the middle for a single point.
 * @param {Curve} curve
 * @param {number} last
 */
export function line({ points, low, high }, last) {
    if (points.length < 2) return "M0 32H" + WIDE;
    const y = (/** @type {number} */ value) => HIGH - 5 - ((value - low) / (high - low || 1)) * (HIGH - 10);
    return points.map(([frame, value], k) => (k ? "L" : "M") + ((frame / last) * WIDE).toFixed(1) + " " + y(value).toFixed(1)).join("");
}

/**
 * @param {[number, number][]} sound
 * @param {number} last
 */
function soundPath(sound, last) {
    const loud = sound.map(([frame, value]) => "L" + ((frame / last) * WIDE).toFixed(1) + " " + (HIGH * (1 - value)).toFixed(1));
    return `M0 ${HIGH}${loud.join("")}L${WIDE} ${HIGH}Z`;
}

/** @param {Facts} facts */
function sceneNames({ frames, marks }) {
    const last = Math.max(1, frames - 1);
    const at = (/** @type {number} */ k) => (k < marks.length ? (100 * marks[k].frame) / last : 100);
    const scenes = marks.map((mark, k) => h("span", { class: "anim-scene", title: mark.text, style: `left:${at(k)}%;max-width:${at(k + 1) - at(k)}%` }, mark.text));
    return h("div", { class: "anim-foot" }, scenes);
}

const format = (/** @type {number} */ value) => String(Math.round(value * 10000) / 10000);

const range = (/** @type {Curve} */ curve) => (curve.low === curve.high ? format(curve.low) : format(curve.low) + " … " + format(curve.high));
