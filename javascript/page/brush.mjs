// @ts-check
/* The brush: a dialog in which the mask of a film is painted over one of its pictures. */
import { store } from "./controls.mjs";
import { choice, clear, h } from "./dom.mjs";
import { Easel, read, write } from "./easel.mjs";
import * as masks from "./mask.mjs";
import * as model from "./model.mjs";
import * as notice from "./notice.mjs";
import { ask, ofRun } from "./routes.mjs";
import * as screen from "./screen.mjs";
import { t } from "./words.mjs";

/**
 * @typedef {import("../types/answers.js").Run} Run
 * @typedef {"start" | "video" | "film" | "none"} Over what is painted over
 */

const LONGEST = 2048; // pixels of a mask's longer side
const NAMED = "{video_mask}"; // what the mask picture is called in mask expressions

/** @type {HTMLElement} */
let place; // for the dialog

/** @param {HTMLElement} root */
export function begin(root) {
    place = root;
}

/** Whether the dialog is open, which has its own use for keys. */
export const isOpen = () => Boolean(place?.querySelector("dialog[open]"));

/** Whether there is a mask picture that counts. */
export const isOn = () => Boolean(model.value("use_mask") && model.value("mask_file"));

/** Paint the film everywhere again. */
export const remove = () => (model.changeAll({ use_mask: false, mask_file: "" }), model.show(model.view));

/**
 * Open the dialog, with the mask so far.
 * @param {Over} [over] what is painted over at first
 */
export function open(over) {
    const back = document.activeElement?.id;
    const dialog = new Dialog(over);
    place.append(dialog.node);
    dialog.node.addEventListener("close", () => {
        dialog.node.remove();
        if (back) document.getElementById(back)?.focus();
    });
    dialog.node.showModal();
    dialog.begin();
}

/** A button that opens the dialog. */
export const button = () => h("div", {}, h("button", { id: "anim_paint_mask", class: "anim-button", onclick: () => open() }, t("Paint a mask")));

/**
 * The size of a mask for a film.
 * @param {[number, number]} film width and height
 */
export function sized([width, height]) {
    const share = Math.min(1, LONGEST / Math.max(width, height));
    return [width, height].map((side) => Math.max(1, Math.round(side * share)));
}

/**
 * The box of a rectangle in percent of a picture.
 * @param {number[]} percent left, top, width, height
 * @param {{ width: number, height: number }} picture
 * @returns {masks.Box}
 */
export function boxOf([left, top, wide, high], { width, height }) {
    const [x, y] = [width / 100, height / 100];
    return { left: left * x, top: top * y, right: (left + wide) * x, bottom: (top + high) * y };
}

class Dialog {
    /** @param {Over} [over] */
    constructor(over) {
        const film = model.facts()?.size || [model.value("W"), model.value("H")];
        const [width, height] = sized(/** @type {[number, number]} */ (film));
        this.brush = { size: Math.round(Math.min(width, height) / 8), soft: 0.3, erase: false };
        this.run = screen.shown();
        this.sources = sources(this.run);
        this.over = over && over in this.sources ? over : /** @type {Over} */ (Object.keys(this.sources)[0]);
        this.shows = 0; // how often another picture was asked for
        this.told = h("p", { class: "anim-quiet", id: "anim_brush_told", role: "status" });
        this.said = ""; // on the brush or a picture, besides what is painted
        this.painter = { brush: () => this.brush, changed: () => this.tell(""), lowered: (/** @type {boolean} */ down) => this.tell(down ? t("The brush is down.") : "") };
        const keys = t("Arrow keys move the brush, Space puts it down and lifts it.");
        this.easel = new Easel(width, height, this.painter, { id: "anim_brush_sheet", "aria-label": t("The mask, over a picture of the film"), "aria-description": keys, title: keys });
        this.done = h("button", { id: "anim_brush_done", class: "anim-button anim-main", onclick: () => this.finish() }, t("Use this mask"));
        this.node = this.build();
    }

    build() {
        const label = "anim_brush_title";
        const shut = h("button", { id: "anim_brush_close", class: "anim-button", onclick: () => this.leave() }, t("Cancel"));
        return h(
            "dialog",
            { class: "anim-brush", id: "anim_brush", "aria-labelledby": label, oncancel: (/** @type {Event} */ event) => (event.preventDefault(), this.leave()), onkeydown: (/** @type {KeyboardEvent} */ event) => this.press(event), ...this.drop() },
            h("div", { class: "anim-top" }, h("h2", { id: label }, t("Paint a mask")), h("span", { class: "anim-quiet" }, t("What is marked is painted in every frame; the rest stays as it came."))),
            h("div", { class: "anim-studio" }, h("div", { class: "anim-wall" }, this.easel.node), h("div", { class: "anim-tools" }, this.backdrops(), this.tools(), this.rectangle(), this.files())),
            h("div", { class: "anim-top" }, this.told, h("div", { class: "anim-files" }, shut, this.done)),
        );
    }

    /** What is painted over, and which of its frames. */
    backdrops() {
        const most = Math.max(1, (model.facts()?.frames || Number(model.value("max_frames"))) - 1);
        const frame = h("input", { type: "range", id: "anim_brush_frame", min: 0, max: most, value: 0, step: 1, "aria-label": t("Frame"), oninput: () => this.show(Number(frame.value) / most, Number(frame.value)) });
        const slider = h("div", { class: "anim-slider", hidden: !moves(this.over) }, h("span", {}, t("Frame")), frame);
        const chosen = (/** @type {string} */ over) => {
            this.over = /** @type {Over} */ (over);
            slider.hidden = !moves(this.over);
            this.show(Number(frame.value) / most, Number(frame.value));
        };
        return h("div", { class: "anim-tool" }, h("strong", {}, t("Over")), choice("anim_brush_over", t("What is painted over"), this.sources, this.over, chosen), slider);
    }

    tools() {
        const { size } = this.brush;
        const kinds = { brush: t("Brush"), eraser: t("Eraser") };
        const act = (/** @type {string} */ id, /** @type {string} */ label, /** @type {() => void} */ onclick, /** @type {string} */ title = "") => h("button", { id, class: "anim-button", onclick, title }, label);
        return h(
            "div",
            { class: "anim-tool" },
            choice("anim_brush_kind", t("Tool"), kinds, "brush", (kind) => (this.brush.erase = kind === "eraser")),
            slider("anim_brush_size", t("Size"), 1, Math.max(this.easel.mask.width, this.easel.mask.height) / 2, size, (value) => (this.brush.size = value)),
            slider("anim_brush_soft", t("Soft edge"), 0, 100, 100 * this.brush.soft, (value) => (this.brush.soft = value / 100)),
            h(
                "div",
                { class: "anim-files" },
                act("anim_brush_undo", t("Undo"), () => this.easel.undo(), "Ctrl+Z"),
                act("anim_brush_redo", t("Redo"), () => this.easel.redo(), "Ctrl+Y"),
                act("anim_brush_invert", t("Invert"), () => this.easel.edit(masks.invert)),
                act("anim_brush_clear", t("Clear"), () => this.easel.edit((mask) => mask.data.fill(0))),
            ),
        );
    }

    /** A way to mark a part without painting: a rectangle by numbers. */
    rectangle() {
        const sides = { left: [t("Left"), 25], top: [t("Top"), 25], width: [t("Width"), 50], height: [t("Height"), 50] };
        const inputs = Object.entries(sides).map(([name, [label, value]]) => h("label", { class: "anim-side" }, label, h("input", { type: "number", id: "anim_brush_" + name, class: "anim-number", min: 0, max: 100, value })));
        const value = (/** @type {HTMLLabelElement} */ label) => Number(/** @type {HTMLInputElement} */ (label.lastChild).value) || 0;
        const fill = () => this.easel.edit((mask) => masks.fill(mask, boxOf(inputs.map(value), mask), this.brush.erase ? 0 : 255));
        const button = h("button", { id: "anim_brush_fill", class: "anim-button", onclick: fill, title: t("With the eraser: takes it away") }, t("Fill"));
        return h("div", { class: "anim-tool", role: "group", "aria-label": t("Rectangle, in percent") }, h("strong", {}, t("Rectangle, in percent")), h("div", { class: "anim-corners" }, inputs), button);
    }

    /** A way to bring a mask along. */
    files() {
        const input = h("input", { type: "file", id: "anim_brush_file", accept: "image/*", hidden: true, onchange: () => this.load(input.files?.[0]) });
        return h("div", { class: "anim-tool" }, h("button", { id: "anim_brush_load", class: "anim-button", title: t("White is painted, black stays; or drop it here"), onclick: () => input.click() }, t("Load a picture of a mask")), input);
    }

    drop() {
        return {
            ondragover: (/** @type {DragEvent} */ event) => event.preventDefault(),
            ondrop: (/** @type {DragEvent} */ event) => (event.preventDefault(), this.load(event.dataTransfer?.files[0])),
        };
    }

    /** Show the picture to paint over, and the mask so far. */
    async begin() {
        this.tell("");
        this.show(0, 0);
        if (!model.value("mask_file")) return;
        const picture = await this.fetch(() => ask("backdrop", { ...model.form(), of: "mask" }));
        if (!picture) return;
        const mask = read(picture, this.easel.mask.width, this.easel.mask.height);
        if (model.value("invert_mask")) masks.invert(mask);
        this.easel.replace(mask);
    }

    /**
     * Show a frame of what is painted over.
     * @param {number} share of the film, 0..1
     * @param {number} frame
     */
    async show(share, frame) {
        const mine = ++this.shows;
        const { over, run } = this;
        if (over === "none") return this.easel.show(null);
        const picture = await this.fetch(() => (over === "film" && run ? ask(`${ofRun(run)}/frame?share=${share}`) : ask("backdrop", { ...model.form(), of: over, frame })));
        if (mine === this.shows) this.easel.show(picture);
    }

    /**
     * @param {() => Promise<Response>} request
     * @returns {Promise<ImageBitmap | null>} null if there is no picture, which is said
     */
    async fetch(request) {
        try {
            return await createImageBitmap(await (await request()).blob());
        } catch (error) {
            this.tell(error.message);
            return null;
        }
    }

    /** @param {File | undefined} file */
    async load(file) {
        const picture = file && (await createImageBitmap(file).catch(() => this.tell(t("{name} is no picture that this browser can read.", { name: file.name }))));
        if (!picture) return;
        const loaded = read(picture, this.easel.mask.width, this.easel.mask.height);
        this.easel.edit((mask) => mask.data.set(loaded.data));
    }

    /**
     * Say how much is marked, and more.
     * @param {string} more
     */
    tell(more) {
        const share = masks.share(this.easel.mask);
        this.done.disabled = !share;
        clear(this.told, [share ? t("{n} % of the picture is marked.", { n: Math.max(1, Math.round(100 * share)) }) : t("Nothing is marked yet."), more].filter(Boolean).join(" "));
    }

    /** @param {KeyboardEvent} event */
    press(event) {
        event.stopPropagation(); // the host has keys of its own
        const key = event.key.toLowerCase();
        if (!(event.ctrlKey || event.metaKey) || event.altKey || !["z", "y"].includes(key)) return;
        event.preventDefault();
        if (key === "y" || event.shiftKey) this.easel.redo();
        else this.easel.undo();
    }

    leave() {
        if (!this.easel.edited || confirm(t("Leave without the mask that was painted?"))) this.node.close();
    }

    /** Store the mask, and let the film be painted within it. */
    async finish() {
        this.done.disabled = true;
        try {
            const id = await store(await write(this.easel.mask), "picture");
            model.name(id, t("painted mask"));
            model.changeAll({ use_mask: true, mask_file: id, ...OTHERS() });
            this.node.close();
            model.show(model.view);
            const named = model.value("mask_schedule").includes(NAMED);
            notice.showChange([t("Frames are painted only where the mask is."), !named && t("Write {name} into mask_schedule, or the mask has no effect.", { name: NAMED })].filter((one) => one !== false));
        } catch (error) {
            this.tell(error.message);
        }
    }
}

/** Settings that would let something else than a painted mask count, at the values that do not. */
function OTHERS() {
    const off = /** @type {const} */ ({ use_mask_video: false, use_alpha_as_mask: false, invert_mask: false });
    return Object.fromEntries(Object.entries(off).filter(([key]) => model.value(/** @type {keyof typeof off} */ (key))));
}

/**
 * What can be painted over, with labels.
 * @param {Run | undefined} run that is shown
 * @returns {Partial<Record<Over, string>>}
 */
function sources(run) {
    return {
        ...(model.answers.start_picture || (model.value("use_init") && model.value("init_image")) ? { start: t("Start picture") } : {}),
        ...(model.value("video_init_path") ? { video: t("Source video") } : {}),
        ...(run?.frame ? { film: run.what === "preview" ? t("Preview") : t("Film shown") } : {}),
        none: t("Nothing"),
    };
}

/** @param {Over} over whether that has several frames */
const moves = (over) => over === "video" || over === "film";

/**
 * @param {string} id
 * @param {string} label
 * @param {number} low
 * @param {number} high
 * @param {number} value
 * @param {(value: number) => void} take
 */
function slider(id, label, low, high, value, take) {
    const range = h("input", { type: "range", id, min: low, max: high, value, step: 1, oninput: () => take(Number(range.value)) });
    return h("label", { class: "anim-slider" }, h("span", {}, label), range);
}
