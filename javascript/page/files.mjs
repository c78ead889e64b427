// @ts-check
/* Loading and saving settings files, and loading frames and videos with embedded settings. */
import { upload } from "./controls.mjs";
import { h } from "./dom.mjs";
import * as model from "./model.mjs";
import * as notice from "./notice.mjs";
import * as offer from "./offer.mjs";
import { ask, faults } from "./routes.mjs";
import * as text from "./text.mjs";
import { problem, t, tell } from "./words.mjs";

const HEAD = 4 * 2 ** 20; // bytes: the beginning of a video, which contains its settings

/** Build the buttons above the form. */
export function build() {
    const file = h("input", { type: "file", id: "anim_file", accept: ".json,.txt,.png,.mp4,.gif,.webp,application/json", hidden: true, onchange: () => picked(file) });
    return h(
        "div",
        { class: "anim-files" },
        h("button", { id: "anim_load", class: "anim-button", title: t("Settings files, also of Deforum; frames and videos made here"), onclick: () => file.click() }, t("Load")),
        h("button", { id: "anim_save", class: "anim-button", onclick: () => save() }, t("Save")),
        h("button", { id: "anim_save_named", class: "anim-button", onclick: saveAs }, t("Save as…")),
        h("button", { id: "anim_reset", class: "anim-button", onclick: reset }, t("Reset")),
        file,
    );
}

/** @param {HTMLInputElement} input */
function picked(input) {
    const file = input.files?.[0];
    input.value = "";
    if (file) load(file);
}

/** @param {File} file */
async function load(file) {
    const sent = file.type === "video/mp4" ? file.slice(0, HEAD) : file;
    try {
        const answer = await ask("load?name=" + encodeURIComponent(file.name), sent, "application/octet-stream");
        take(await answer.json(), file.name);
    } catch (error) {
        notice.show(faults(error).map((one) => file.name + ": " + problem(one)), true);
    }
}

/**
 * Show a loaded form; `film` if it holds the settings of a film.
 * @param {import("../types/answers.js").LoadedForm} loaded
 * @param {string} name
 * @param {string} [film]
 */
export function take(loaded, name, film) {
    offer.forget();
    model.replace(loaded, name, film);
    model.show("all");
    notice.showChange([t("{name} is loaded.", { name }), ...loaded.notes.map(tell)]);
}

/**
 * Make a name safe for a file name.
 * @param {string} name
 */
export const named = (name) => String(name || "film").replace(/\.(json|txt)$/i, "").replace(/[^\p{L}\p{N}_-]+/gu, "_");

/** @param {string} [name] */
async function save(name) {
    try {
        await text.applied();
        const written = await (await ask("save", model.form())).text();
        const address = URL.createObjectURL(new Blob([written], { type: "application/json" }));
        h("a", { href: address, download: named(name || model.value("batch_name")) + ".json" }).click();
        setTimeout(() => URL.revokeObjectURL(address), 10000);
    } catch (error) {
        notice.show(faults(error).map(problem), true);
    }
}

/** Ask for a file's name, then save. */
function saveAs() {
    const name = h("input", { type: "text", id: "anim_file_name", value: named(model.source || model.value("batch_name")) });
    const go = () => (save(name.value), notice.close());
    name.addEventListener("keydown", (event) => event.key === "Enter" && !event.ctrlKey && !event.metaKey && go());
    const box = notice.show([t("Name of the file")]);
    box.firstElementChild?.append(h("div", { class: "anim-slider" }, name, h("button", { id: "anim_file_save", class: "anim-button", onclick: go }, t("Save"))));
    name.select();
}

function reset() {
    if (!confirm(t("Put everything back to the beginning?"))) return;
    offer.forget();
    model.replace({ essentials: {}, changes: {} });
    notice.showChange([t("Everything is as at the beginning.")]);
}

/** @param {DragEvent} event */
export function dragged(event) {
    if ([...(event.dataTransfer?.items || [])].some((item) => item.kind === "file")) event.preventDefault();
}

/**
 * Whether a picture is one of our frames, which have their settings before the pixels.
 * @param {File} file
 */
const carries = async (file) => (await file.slice(0, 64).text()).includes("iTXtanim\0");

/**
 * Begin films with a picture.
 * @param {File} file
 */
export const receive = (file) => upload(file, "start_picture", "picture");

/** @param {DragEvent} event */
export async function dropped(event) {
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    if (file.type.startsWith("image/") && !(await carries(file))) receive(file);
    else if (file.type.startsWith("audio/") || /\.(wav|mp3|m4a|ogg|flac)$/i.test(file.name)) upload(file, "music", "sound");
    else load(file);
}
