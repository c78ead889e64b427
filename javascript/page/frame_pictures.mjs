// @ts-check
/* Pictures by frame: a list of pictures, each with the frame at which its turn begins. */
import { dropArea, inOrder, store } from "./controls.mjs";
import { h } from "./dom.mjs";
import * as model from "./model.mjs";
import * as notice from "./notice.mjs";
import { url } from "./routes.mjs";
import { t } from "./words.mjs";

/** @typedef {[frame: string, id: string]} Place */

/**
 * The control of a setting that holds pictures by frame as JSON.
 * @param {model.Key} key
 */
export function build(key) {
    const text = String(model.value(key) || "");
    const places = read(text);
    /** @param {Place[]} kept */
    const keep = (kept) => {
        const twice = kept.find(([frame], at) => kept.findIndex(([other]) => other === frame) < at);
        if (twice) notice.show([t("there is a picture at frame {n} already", { n: twice[0] })], true);
        else model.change(key, kept.length ? JSON.stringify(Object.fromEntries(kept)) : "");
        model.show(model.view);
    };
    const rows = places.map((place, at) => row(place, (frame) => keep(places.map((one, n) => (n === at ? [frame, one[1]] : one))), () => keep(places.filter((_, n) => n !== at))));
    const drop = dropArea(["picture"], true, (files) => add(files, places, keep), h("span", {}, t("Drop pictures here, or click to choose")));
    return h("div", { id: "anim_" + key, "data-upload": text }, h("div", { class: "anim-places" }, rows), drop);
}

/**
 * @param {Place} place
 * @param {(frame: string) => void} move
 * @param {() => void} remove
 */
function row([frame, id], move, remove) {
    const name = model.nameOf(id) || id;
    const input = h("input", { type: "text", value: frame, "aria-label": t("frame of {name}", { name }), onchange: () => move(input.value.trim()) });
    return h("div", { class: "anim-place" }, h("img", { src: url("pictures/" + encodeURIComponent(id)), alt: "" }), h("span", { class: "anim-name", title: name }, name), input, h("button", { class: "anim-link", onclick: remove }, t("Remove")));
}

/**
 * Upload pictures; they stand evenly after those that are there.
 * @param {File[]} files
 * @param {Place[]} places
 * @param {(kept: Place[]) => void} keep
 */
async function add(files, places, keep) {
    const pictures = inOrder(files);
    const frames = spread(places.map(([frame]) => Number(frame) || 0), pictures.length, Number(model.value("max_frames")) || 1);
    /** @type {Place[]} */
    const added = [];
    for (const [n, file] of pictures.entries()) {
        try {
            const id = await store(file, "picture");
            model.name(id, file.name);
            added.push([String(frames[n]), id]);
        } catch (error) {
            notice.show([file.name + ": " + error.message], true);
            break;
        }
    }
    if (added.length) keep([...places, ...added]);
}

/**
 * The frames of new pictures: evenly from 0 where there are none yet, else evenly between the last one and the end.
 * @param {number[]} taken frames of those that are there
 * @param {number} count of new ones
 * @param {number} length frames of the film
 */
export function spread(taken, count, length) {
    const last = taken.length ? Math.max(...taken) : 0;
    const parts = taken.length ? count + 1 : count;
    const first = taken.length ? 1 : 0;
    return Array.from({ length: count }, (_, n) => last + Math.floor(((n + first) * Math.max(length - last, parts)) / parts));
}

/**
 * @param {string} text JSON
 * @returns {Place[]} none if it is no object
 */
export function read(text) {
    try {
        const found = JSON.parse(text || "{}");
        return found && typeof found === "object" && !Array.isArray(found) ? Object.entries(found).map(([frame, id]) => [frame, String(id)]) : [];
    } catch {
        return [];
    }
}
