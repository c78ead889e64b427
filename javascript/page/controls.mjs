// @ts-check
/* Controls shared by the views of the form: rows, text areas, upload areas. */
import { h } from "./dom.mjs";
import * as model from "./model.mjs";
import * as notice from "./notice.mjs";
import { ask, post, url } from "./routes.mjs";
import { t, word } from "./words.mjs";

/** @typedef {import("../types/answers.js").Upload} Kind of an upload */

/**
 * A field's row: label and help, the control, and a place for its problems.
 * @param {string} key
 * @param {string} label
 * @param {string} help
 * @param {import("./dom.mjs").Child} control
 * @param {import("./dom.mjs").Child} [extra]
 */
export function row(key, label, help, control, extra) {
    return h(
        "div",
        { class: "anim-row", "data-key": key },
        h("div", { class: "anim-label" }, h("label", { htmlFor: "anim_" + key }, word(label, key)), h("span", { class: "anim-help" }, help ? t(help) : ""), extra),
        control,
        h("div", { class: "anim-against" }),
        h("div", { class: "anim-wrong", role: "alert" }),
    );
}

/**
 * The excerpt around the place of a problem, with the place marked.
 * @param {import("../types/answers.js").Excerpt | null | undefined} piece
 */
export function excerpt(piece) {
    if (!piece) return null;
    return h("code", { class: "anim-excerpt" }, piece.before, h("mark", {}, piece.at || "\u00a0"), piece.after);
}

/**
 * A textarea that grows with its text.
 * @param {import("./dom.mjs").Props} props
 * @param {number} rows
 */
export function area(props, rows) {
    const node = h("textarea", { rows, spellcheck: "false", ...props });
    const fit = () => {
        node.style.height = "auto";
        node.style.height = node.scrollHeight + 2 + "px";
    };
    node.addEventListener("input", fit);
    let wide = 0; // pixels for which the height was made; none while it is hidden, as in a tab that is not open
    new ResizeObserver(() => {
        if (node.clientWidth === wide) return;
        wide = node.clientWidth;
        if (wide) fit();
    }).observe(node);
    return node;
}

/** @type {Record<Kind, { route: string, accept: string }>} */
const GIVEN = {
    picture: { route: "pictures", accept: "image/*" },
    sound: { route: "sounds", accept: "audio/*,.wav,.mp3,.m4a,.ogg,.flac" },
    video: { route: "videos", accept: "video/*,.mp4,.mov,.webm,.mkv,.avi" },
    poses: { route: "poses", accept: ".json,application/json" },
    folder: { route: "folders", accept: "" },
};

/**
 * Upload a picture, sound, video or pose track and set a field to it.
 * @param {File} file
 * @param {string} key of an essential or a setting
 * @param {Kind} kind
 */
export const upload = (file, key, kind) => uploadAll([file], key, [kind]);

/**
 * Upload what was given to a field; several pictures become a folder of them, in the order of their names.
 * @param {File[]} files
 * @param {string} key of an essential or a setting
 * @param {Kind[]} kinds that the field takes
 */
async function uploadAll(files, key, kinds) {
    const pictures = kinds.includes("folder") && files.length > 1 ? inOrder(files.filter((file) => file.type.startsWith("image/"))) : [];
    let at = files[0];
    try {
        /** @type {string[]} */
        const ids = [];
        for (at of pictures.length ? pictures : [at]) ids.push(await store(at, kindOf(at, kinds)));
        const id = pictures.length ? (await post(GIVEN.folder.route, { pictures: ids })).id : ids[0];
        model.name(id, pictures.length ? t("{n} pictures", { n: ids.length }) : at.name);
        if (key in model.essentials) model.answer(key, id);
        else model.change(/** @type {model.Key} */ (key), id);
        if (key === "soundtrack_path") model.change("add_soundtrack", "File");
        model.show(model.view);
    } catch (error) {
        notice.show([at.name + ": " + error.message], true);
    }
}

/**
 * Upload a file; return its id.
 * @param {File} file
 * @param {Kind} kind
 * @returns {Promise<string>}
 */
export const store = async (file, kind) => (await (await ask(GIVEN[kind].route, file, "application/octet-stream")).json()).id;

/**
 * The kind of a file for a field that takes several.
 * @param {{ name: string, type: string }} file
 * @param {Kind[]} kinds
 */
export function kindOf({ name, type }, kinds) {
    if (kinds.length === 1) return kinds[0];
    if (kinds.includes("poses") && /\.json$/i.test(name)) return "poses";
    return type.startsWith("video/") || /\.(mp4|mov|webm|mkv|avi)$/i.test(name) ? "video" : "picture";
}

/**
 * Files by name; numbers in names count by value, so that 2.png comes before 10.png.
 * @template {{ name: string }} Named
 * @param {Named[]} files
 */
export const inOrder = (files) => [...files].sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));

/**
 * An area to drop what a field takes, or to choose it.
 * @param {Kind[]} kinds
 * @param {string} key
 * @param {string} id of the upload, empty without one
 * @param {() => void} remove
 */
export function given(kinds, key, id, remove) {
    const take = (/** @type {File[]} */ files) => uploadAll(files, key, kinds);
    const area = dropArea(kinds, kinds.includes("folder"), take, id ? filled(id, remove) : h("span", {}, invitation(kinds)), Boolean(id));
    area.id = "anim_" + key;
    area.dataset.upload = id;
    return area;
}

/**
 * An area to drop files, or to choose them.
 * @param {Kind[]} kinds of files
 * @param {boolean} multiple whether it takes several at once
 * @param {(files: File[]) => void} take
 * @param {import("./dom.mjs").Child} inside
 * @param {boolean} [holds] whether something was given, so that it holds buttons and is none
 */
export function dropArea(kinds, multiple, take, inside, holds = false) {
    const accept = kinds.map((kind) => GIVEN[kind].accept).filter(Boolean).join(",");
    const given = (/** @type {FileList | null | undefined} */ files) => files?.length && take([...files]);
    const input = h("input", { type: "file", accept, multiple, hidden: true, onchange: () => given(input.files) });
    /** @param {DragEvent} event */
    const dropped = (event) => {
        if (!event.dataTransfer?.files.length) return;
        event.preventDefault();
        event.stopPropagation();
        given(event.dataTransfer.files);
    };
    const choose = () => input.click();
    const empty = { tabIndex: 0, role: "button", onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && !event.ctrlKey && choose() };
    return h(
        "div",
        {
            class: "anim-drop" + (holds ? " anim-filled" : ""),
            ondragover: (/** @type {DragEvent} */ event) => event.preventDefault(),
            ondrop: dropped,
            onclick: choose,
            ...(holds ? {} : empty),
        },
        inside,
        input,
    );
}

/** @param {Kind[]} kinds */
function invitation(kinds) {
    if (kinds.includes("poses")) return t("Drop a picture, several, a video or a pose track here, or click to choose");
    if (kinds.includes("folder")) return t("Drop a picture, several, or a video here, or click to choose");
    if (kinds[0] === "sound") return t("Drop a sound file here, or click to choose one");
    return kinds[0] === "video" ? t("Drop a video here, or click to choose one") : t("Drop a picture here, or click to choose one");
}

/**
 * The upload: a picture or player, its name, and buttons.
 * @param {string} id
 * @param {() => void} remove
 */
function filled(id, remove) {
    const own = (/** @type {Event} */ event) => event.stopPropagation();
    const kind = /** @type {Kind[]} */ (Object.keys(GIVEN)).find((one) => id.startsWith(one)) || "picture"; // ids begin with theirs
    const src = url(GIVEN[kind].route + "/" + encodeURIComponent(id));
    const played = { src, controls: true, preload: "metadata", onclick: own };
    const name = model.nameOf(id);
    return [
        kind === "sound" || kind === "video" ? h(kind === "sound" ? "audio" : "video", played) : h("img", { src, alt: "" }),
        name ? h("span", { class: "anim-name", title: name }, name) : null,
        h("button", { class: "anim-link", onclick: (/** @type {Event} */ event) => (own(event), remove()) }, t("Remove")),
        h("button", { class: "anim-link anim-another" }, t("Choose another")),
    ];
}
