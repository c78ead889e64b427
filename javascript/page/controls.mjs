// @ts-check
/* Controls shared by the views of the form: rows, text areas, upload areas. */
import { h } from "./dom.mjs";
import * as model from "./model.mjs";
import * as notice from "./notice.mjs";
import { ask, url } from "./routes.mjs";
import { t, word } from "./words.mjs";

/** @typedef {"picture" | "sound" | "video"} Kind of an upload */

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

const GIVEN = {
    picture: { route: "pictures", accept: "image/*" },
    sound: { route: "sounds", accept: "audio/*,.wav,.mp3,.m4a,.ogg,.flac" },
    video: { route: "videos", accept: "video/*,.mp4,.mov,.webm,.mkv,.avi" },
};

/**
 * Upload a picture, sound or video and set a field to it.
 * @param {File} file
 * @param {string} key of an essential or a setting
 * @param {Kind} kind
 */
export async function upload(file, key, kind) {
    try {
        const { id } = await (await ask(GIVEN[kind].route, file, "application/octet-stream")).json();
        model.name(id, file.name);
        if (key in model.essentials) model.answer(key, id);
        else model.change(/** @type {model.Key} */ (key), id);
        if (key === "soundtrack_path") model.change("add_soundtrack", "File");
        model.show(model.view);
    } catch (error) {
        notice.show([file.name + ": " + error.message], true);
    }
}

/**
 * An area to drop a picture, sound or video, or to choose one.
 * @param {Kind} kind
 * @param {string} key
 * @param {string} id of the upload, empty without one
 * @param {() => void} remove
 */
export function given(kind, key, id, remove) {
    const { accept } = GIVEN[kind];
    const input = h("input", { type: "file", accept, hidden: true, onchange: () => input.files?.[0] && upload(input.files[0], key, kind) });
    /** @param {DragEvent} event */
    const dropped = (event) => {
        const file = event.dataTransfer?.files[0];
        if (!file) return;
        event.preventDefault();
        event.stopPropagation();
        upload(file, key, kind);
    };
    const choose = () => input.click();
    const empty = { tabIndex: 0, role: "button", onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && !event.ctrlKey && choose() };
    return h(
        "div",
        {
            id: "anim_" + key,
            class: "anim-drop" + (id ? " anim-filled" : ""),
            ondragover: (/** @type {DragEvent} */ event) => event.preventDefault(),
            ondrop: dropped,
            onclick: choose,
            ...(id ? {} : empty), // what holds buttons is none
        },
        id ? filled(kind, id, remove) : h("span", {}, invitation(kind)),
        input,
    );
}

/** @param {Kind} kind */
function invitation(kind) {
    const texts = {
        picture: t("Drop a picture here, or click to choose one"),
        sound: t("Drop a sound file here, or click to choose one"),
        video: t("Drop a video here, or click to choose one"),
    };
    return texts[kind];
}

/**
 * The upload: a picture or player, its name, and buttons.
 * @param {Kind} kind
 * @param {string} id
 * @param {() => void} remove
 */
function filled(kind, id, remove) {
    const own = (/** @type {Event} */ event) => event.stopPropagation();
    const src = url(GIVEN[kind].route + "/" + encodeURIComponent(id));
    const played = { src, controls: true, preload: "metadata", onclick: own };
    const name = model.nameOf(id);
    return [
        kind === "picture" ? h("img", { src, alt: "" }) : h(kind === "sound" ? "audio" : "video", played),
        name ? h("span", { class: "anim-name", title: name }, name) : null,
        h("button", { class: "anim-link", onclick: (/** @type {Event} */ event) => (own(event), remove()) }, t("Remove")),
        h("button", { class: "anim-link anim-another" }, t("Choose another")),
    ];
}
