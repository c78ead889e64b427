// @ts-check
/* The screen: the newest picture of a film, the finished film, or the unfinished film so far. */
import { choice as choose, h, settle, swap } from "./dom.mjs";
import { ask, ofRun, url } from "./routes.mjs";
import * as welcome from "./welcome.mjs";
import { t } from "./words.mjs";

/** @typedef {import("../types/answers.js").Run} Run */

const REST = 700; // milliseconds on the last picture before the unfinished film is played again
const OVER = ["done", "stopped", "failed"];
const parts = /** @type {{ screen: HTMLElement, choice: HTMLElement }} */ ({});
/** @type {Run | undefined} */
let latest; // the last state of the shown job or film
let drawn = ""; // key of what is on the screen, so that it is not loaded twice
let held = ""; // the object URL of the unfinished film, until it is replaced
let alone = false; // whether there are no films yet
let watched = "picture"; // or "film": what is shown while a film is being painted

export function build() {
    parts.screen = h("div", { class: "anim-screen", id: "anim_screen" });
    const choices = { picture: t("Current picture"), film: t("Film so far") };
    parts.choice = choose("anim_watch", t("What is shown meanwhile"), choices, watched, (chosen) => ((watched = chosen), latest && show(latest)));
    empty();
    return parts.screen;
}

/** The job or film that is shown. */
export const shown = () => latest;

/** The switch between current picture and film so far, shown while there is an unfinished film. */
export function choice() {
    parts.choice.hidden = true;
    return parts.choice;
}

/**
 * Set the aspect ratio of the screen.
 * @param {number} sides
 */
export const ratio = (sides) => parts.screen.style.setProperty("--anim-ratio", String(sides));

/** @param {Run} run */
export function show(run) {
    latest = run;
    const over = OVER.includes(run.state);
    const grows = !over && Boolean(run.video) && run.frame > 1;
    parts.choice.hidden = !grows;
    if (over && run.video) drawOnce(run.id + " film " + run.video, () => putFilm(run));
    else if (grows && watched === "film") drawOnce(run.id + " so far", soFar);
    else if (run.frame) drawOnce(run.id + " picture " + run.frame, () => put(picture(run)));
    else if (over || !drawn) empty();
}

const address = (/** @type {Run} */ run) => url(ofRun(run) + "/video?v=" + run.video);

/**
 * @param {string} wanted
 * @param {() => void} draw
 */
function drawOnce(wanted, draw) {
    if (wanted === drawn) return;
    drawn = wanted;
    draw();
}

function empty() {
    drawn = "";
    settle(parts.screen, welcome.build(alone && !latest));
}

/** @param {boolean} none whether there are no films: an example is shown until there is something else */
export function greet(none) {
    if (none === alone) return;
    alone = none;
    if (!latest) empty();
}

/** @param {Run} run */
function picture(run) {
    return h("img", { id: "anim_frame", alt: t("The newest picture"), src: url(ofRun(run) + "/frame?n=" + run.frame) });
}

/**
 * @param {string} src
 * @param {import("./dom.mjs").Props} more
 */
function film(src, more) {
    return h("video", { id: "anim_video", src, muted: true, autoplay: true, playsInline: true, ...more });
}

/** @param {Run} run */
async function putFilm(run) {
    const player = film(address(run), { controls: true, loop: true });
    if (!(await put(player))) return;
    player.muted = false;
    player.play().catch(() => ((player.muted = true), player.play().catch(() => {}))); // a page may sound after a click on it
}

/**
 * Show a picture or film drawOnce it is loaded; a failure is retried at the next poll.
 * @param {HTMLImageElement | HTMLVideoElement} node
 */
async function put(node) {
    const wanted = drawn;
    const shown = await swap(parts.screen, node);
    if (!shown && drawn === wanted) drawn = "";
    if (shown) {
        ratio(node instanceof HTMLVideoElement ? node.videoWidth / node.videoHeight : node.naturalWidth / node.naturalHeight);
        URL.revokeObjectURL(held);
        held = node.src;
    }
    return shown;
}

// -- the film so far --------------------------------------------------------------------------------------------------

/** Show the film so far. It is downloaded as a whole, since the file grows meanwhile and is replaced at the end. */
async function soFar() {
    const run = latest;
    if (!run) return;
    const wanted = drawn;
    const blob = await ask(ofRun(run) + "/video").then((answer) => answer.blob()).catch(() => null);
    if (drawn !== wanted) return;
    if (!blob) {
        drawn = ""; // no answer; retried at the next poll
        return;
    }
    const player = film(URL.createObjectURL(blob), { id: "anim_so_far" });
    player.addEventListener("ended", () => setTimeout(() => playAgain(player, run.video), REST));
    if (await put(player)) return;
    URL.revokeObjectURL(player.src);
    // not yet playable: show the newest picture; retried at the next poll
    if (!drawn && latest?.id === run.id && !parts.screen.querySelector("#anim_so_far")) put(picture(latest));
}

/**
 * Play again, including newer pictures.
 * @param {HTMLVideoElement} player
 * @param {number | null} stamp
 */
function playAgain(player, stamp) {
    if (!player.isConnected || !latest || drawn !== latest.id + " so far") return;
    if (latest.video !== stamp) soFar();
    else player.play(); // restarts an ended film
}
