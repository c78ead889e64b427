// @ts-check
/* Sends a frame to another tab of the WebUI, by hidden buttons of the WebUI's own kind (lib_anim/hosts/sending.py). */
import { ofRun, post } from "./routes.mjs";
import { t } from "./words.mjs";

/** @typedef {import("../types/answers.js").Run} Run */

const LONGEST = 10_000; // milliseconds in which the WebUI takes a frame
const EVERY = 50; // milliseconds

/**
 * Send the frame that is shown: that of the film at its present time, else the newest.
 * @param {Run} run
 * @param {string} tab img2img or extras
 */
export async function send(run, tab) {
    const film = document.getElementById("anim_video");
    const share = film instanceof HTMLVideoElement && film.duration ? film.currentTime / film.duration : null;
    const { ticket } = await post(ofRun(run) + "/send", { share });
    const box = field("anim_ticket");
    box.value = ticket;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    press("anim_fetch");
    await taken(ticket);
    press("anim_paste_" + tab);
}

/**
 * Wait until the WebUI has the frame of a ticket.
 * @param {string} ticket
 */
async function taken(ticket) {
    for (const began = Date.now(); field("anim_taken").value !== ticket; ) {
        if (Date.now() - began > LONGEST) throw new Error(t("The WebUI did not take the picture."));
        await new Promise((done) => setTimeout(done, EVERY));
    }
}

/** @param {string} id */
function field(id) {
    return /** @type {HTMLTextAreaElement} */ (document.querySelector(`#${id} textarea, #${id} input`));
}

/** @param {string} id */
function press(id) {
    document.getElementById(id)?.click();
}
