// @ts-check
/* The screen: the newest picture of a film, the film itself, and while it is being painted what there is of it so far. */
import { choice as choose, h, settle, swap } from "./dom.mjs";
import { ask, ofRun, url } from "./routes.mjs";
import { t } from "./words.mjs";

/** @typedef {import("../types/answers.js").Run} Run */

const REST = 700; // milliseconds that the film so far stands on its last picture before it begins again
const OVER = ["done", "stopped", "failed"];
const parts = /** @type {{ screen: HTMLElement, choice: HTMLElement }} */ ({});
/** @type {Run} */
let latest; // the job or film that is shown, as it was told last
let drawn = ""; // what is on the screen, so that it is not loaded twice
let held = ""; // the address of the film so far, which it is played from again and again
let watched = "picture"; // or "film": what is looked at while a film is being painted

export function build() {
    parts.screen = h("div", { class: "anim-screen", id: "anim_screen" });
    const choices = { picture: t("Current picture"), film: t("Film so far") };
    parts.choice = choose("anim_watch", choices, watched, (chosen) => ((watched = chosen), show(latest)));
    empty();
    return parts.screen;
}

/** The switch between the picture under way and the film so far; seen while there is such a film. */
export function choice() {
    parts.choice.hidden = true;
    return parts.choice;
}

/**
 * The size of pictures to come, as a ratio of sides.
 * @param {number} sides
 */
export const ratio = (sides) => parts.screen.style.setProperty("--anim-ratio", String(sides));

/** @param {Run} run */
export function show(run) {
    latest = run;
    const over = OVER.includes(run.state);
    const grows = !over && Boolean(run.video) && run.frame > 1;
    parts.choice.hidden = !grows;
    if (over && run.video) once(run.id + " film " + run.video, () => put(film(address(run), { controls: true, loop: true })));
    else if (grows && watched === "film") once(run.id + " so far", soFar);
    else if (run.frame) once(run.id + " picture " + run.frame, () => put(picture(run)));
    else if (over || !drawn) empty();
}

const address = (/** @type {Run} */ run) => url(ofRun(run) + "/video?v=" + run.video);

/**
 * @param {string} wanted
 * @param {() => void} draw
 */
function once(wanted, draw) {
    if (wanted === drawn) return;
    drawn = wanted;
    draw();
}

function empty() {
    drawn = "";
    settle(
        parts.screen,
        h("div", { class: "anim-empty" }, h("strong", {}, t("Your film appears here")), h("span", {}, t("Preview movement shows the camera at once; Generate paints the film."))),
    );
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

/**
 * Show a picture or film once it can be seen; what cannot be loaded is tried again with the next look.
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

/** What there is of the film, taken as a whole: the file grows while it is played, and is another one in the end. */
async function soFar() {
    const run = latest;
    const wanted = drawn;
    const blob = await ask(ofRun(run) + "/video").then((answer) => answer.blob()).catch(() => null);
    if (drawn !== wanted) return;
    if (!blob) {
        drawn = ""; // nobody answered; tried again with the next look
        return;
    }
    const player = film(URL.createObjectURL(blob), { id: "anim_so_far" });
    player.addEventListener("ended", () => setTimeout(() => goOn(player, run.video), REST));
    if (await put(player)) return;
    URL.revokeObjectURL(player.src);
    // until enough of it is written to be played, the newest picture; tried again with the next look
    if (!drawn && latest.id === run.id && !parts.screen.querySelector("#anim_so_far")) put(picture(latest));
}

/**
 * From the beginning again, with what was painted meanwhile.
 * @param {HTMLVideoElement} player
 * @param {number | null} stamp
 */
function goOn(player, stamp) {
    if (!player.isConnected || drawn !== latest.id + " so far") return;
    if (latest.video !== stamp) soFar();
    else player.play(); // one that has ended begins anew
}
