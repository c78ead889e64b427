// @ts-check
/* The buttons of the job or film that is shown. */
import { h } from "./dom.mjs";
import * as model from "./model.mjs";
import * as progress from "./progress.mjs";
import { ofRun, url } from "./routes.mjs";
import { t } from "./words.mjs";

/**
 * @typedef {import("../types/answers.js").Run} Run
 * @typedef {{ stop: () => void, command: (what: "pause" | "go_on" | "resume" | "longer") => void, use: (run: Run) => void, send: (run: Run, tab: string) => void } & Record<"edit" | "take" | "again" | "open" | "mask", (run: Run) => void>} Does what they do
 */

/** @type {Record<string, () => string>} */
const SENDS = { img2img: () => t("Send to img2img"), extras: () => t("Send to extras") }; // tabs of the WebUI
const FILES = { mp4: "MP4", gif: "GIF", webp: "WebP" };

/**
 * @param {string} id
 * @param {string} label
 * @param {() => void} onclick
 * @param {string} [title]
 */
export const act = (id, label, onclick, title) => h("button", { id, class: "anim-button", onclick, title }, label);

/**
 * Buttons for an unfinished job.
 * @param {Run} run
 * @param {boolean} held whether the form holds the settings of this film
 * @param {Does} does
 */
export function underWay(run, held, does) {
    const over = progress.over(run);
    const film = run.what === "film";
    const going = run.doing !== "stopping";
    return [
        !over && going && act("anim_stop", t("Stop"), does.stop, t("Stops after this picture and keeps the film so far (Esc)")),
        run.state === "running" && film && going && act("anim_pause", t("Pause"), () => does.command("pause"), t("Holds after this picture")),
        run.state === "paused" && act("anim_go_on", t("Go on"), () => does.command("go_on")),
        over && film && run.state !== "done" && act("anim_resume", t("Go on"), () => does.command("resume"), t("Paints what is missing")),
        film && run.state !== "done" && going && (held
            ? act("anim_apply", t("Apply changes"), () => does.edit(run), t("The film goes on with what stands at the left, from the next painted picture on"))
            : act("anim_edit", t("Edit and continue"), () => does.take(run), t("Puts the settings of this film into the form; what you change there can then be applied to it"))),
    ];
}

/**
 * Buttons that save a film's files.
 * @param {Run} run
 * @param {import("../types/answers.js").Kind[]} kinds
 */
export function downloads(run, kinds) {
    if (run.what !== "film") return [];
    return kinds.map((kind, k) => {
        const get = () => h("a", { href: url(ofRun(run) + "/files/" + kind), download: run.name + "." + kind }).click();
        const label = kinds.length > 1 ? t("Download {kind}", { kind: FILES[kind] }) : t("Download");
        return act(k ? "anim_download_" + kind : "anim_download", label, get);
    });
}

/**
 * Buttons for a finished film or first picture.
 * @param {Run} run
 * @param {Does} does
 */
export function afterwards(run, does) {
    const over = progress.over(run);
    const film = run.what === "film";
    return [
        film && model.described.opens && act("anim_open", t("Open folder"), () => does.open(run), t("Shows the film's folder on this machine")),
        film && run.state === "done" && act("anim_longer", t("5 seconds more"), () => does.command("longer"), t("The film goes on where it ends")),
        over && film && act("anim_again", t("Again, new seed"), () => does.again(run), t("Generates a film with the settings of this one and another seed")),
        over && film && act("anim_take", t("Take its settings"), () => does.take(run), t("Puts the settings of this film into the form")),
        run.frame > 0 && model.described.sends.map((tab) => act("anim_send_" + tab, SENDS[tab](), () => does.send(run, tab), t("Sends the picture that is shown"))),
        over && run.what !== "film" && run.frame > 0 && act("anim_mask", t("Paint a mask"), () => does.mask(run), t("Marks over these pictures what is painted; the rest stays as it came")),
        over && run.what === "first" && act("anim_keep", t("Use this one"), () => does.use(run), t("Generate then begins with this picture")),
    ];
}
