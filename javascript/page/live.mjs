// @ts-check
/* The page of live photos: a box for a picture, three sliders, and the film in the place of the picture. */
import { clear, h } from "./dom.mjs";
import * as live from "./live_state.mjs";
import * as preferences from "./preferences.mjs";
import { get, url } from "./routes.mjs";
import { t, tell, use } from "./words.mjs";

let state = live.begin();
let most = Infinity; // bytes of a photo
/** @type {File | undefined} */
let photo;
let film = ""; // addresses of what the box shows
let picture = "";
/** @type {HTMLElement | undefined} */
let root;

const input = h("input", { type: "file", id: "anim_live_file", class: "anim-live-file", onchange: () => (take(input.files), (input.value = "")) });
const box = h("label", { class: "anim-live-box", htmlFor: "anim_live_file" });
const said = h("p", { class: "anim-live-said", role: "status" });
const actions = h("div", { class: "anim-live-actions" });

/**
 * Insert the page into its placeholder.
 * @param {HTMLElement} host
 */
export function place(host) {
    if (root?.parentNode === host) return;
    root = root || start();
    host.replaceChildren(root);
}

function start() {
    const page = h("div", { class: "anim-live" });
    const language = preferences.language();
    get(language ? "form?language=" + language : "form")
        .then((described) => {
            use(described.words);
            most = described.upload;
            preferences.build();
            build(page);
        })
        .catch((error) => clear(page, h("p", { class: "anim-live-fault", role: "alert" }, String(error.message || error))));
    return page;
}

/** @param {HTMLElement} page */
function build(page) {
    input.accept = live.TYPES.map((type) => "." + type).join(",");
    const pingPong = h("input", { type: "checkbox", id: "anim_live_ping_pong", onchange: () => change({ kind: "ping_pong", on: pingPong.checked }) });
    const tick = h("label", { class: "anim-live-tick" }, pingPong, t("There and back"));
    clear(page, h("div", { class: "anim-live-stage" }, input, box, said, actions), h("div", { class: "anim-live-sliders" }, live.SLIDERS.map(slider), tick));
    listen();
    show();
}

/** @returns {Record<keyof live.Sliders, [string, string]>} label and help of each slider */
const named = () => ({
    motion_bucket_id: [t("Motion"), t("How far it moves")],
    noise_aug_strength: [t("Noise"), t("How freely it moves")],
    max_guidance_scale: [t("Guidance"), t("How clearly near things part from far ones")],
});

/** @param {typeof live.SLIDERS[number]} slider */
function slider({ name, least, most, step }) {
    const [label, help] = named()[name];
    const id = "anim_live_" + name;
    const shown = h("output", { htmlFor: id }, String(state.sliders[name]));
    const range = h("input", { type: "range", id, min: String(least), max: String(most), step: String(step), "aria-describedby": id + "_help" });
    range.value = String(state.sliders[name]);
    range.addEventListener("input", () => ((shown.textContent = range.value), change({ kind: "slid", name, value: Number(range.value) })));
    return h("div", { class: "anim-live-slider" }, h("label", { htmlFor: id }, label), shown, range, h("p", { id: id + "_help" }, help));
}

/** Take pictures that are dropped anywhere on the page. */
function listen() {
    /** @param {DragEvent} event */
    const ours = (event) => Boolean(root?.isConnected && root.offsetParent && event.dataTransfer?.types.includes("Files"));
    /** @param {boolean} over */
    const mark = (over) => root?.classList.toggle("anim-live-over", over && state.phase !== "generating");
    document.addEventListener("dragover", (event) => ours(event) && (event.preventDefault(), mark(true)));
    document.addEventListener("dragleave", (event) => event.relatedTarget || mark(false));
    document.addEventListener("drop", (event) => {
        mark(false);
        if (ours(event)) event.preventDefault(), take(event.dataTransfer?.files || null);
    });
}

/** @param {FileList | null} files */
function take(files) {
    const [file] = files || [];
    if (file) change({ kind: "photo", photo: file, most });
}

/**
 * Go on to the next state; a film that begins is asked for.
 * @param {live.Event} event
 */
function change(event) {
    const before = state;
    state = live.next(state, event);
    if (state.photo !== before.photo) {
        photo = /** @type {File} */ (state.photo);
        URL.revokeObjectURL(picture);
        picture = URL.createObjectURL(photo);
    }
    if (state.phase === before.phase && state.error === before.error) return;
    show();
    if (state.phase === "generating") generate();
}

async function generate() {
    const body = new FormData();
    if (photo) body.append("file", photo, photo.name);
    for (const [name, value] of live.fields(state)) body.append(name, value);
    try {
        const answer = await fetch(new URL("../generate", url("")).href, { method: "POST", body, headers: { Accept: "video/mp4", "X-Anim": "1" }, credentials: "same-origin" });
        if (!answer.ok) {
            const content = await answer.json().catch(() => ({}));
            return change({ kind: "failed", error: content.said || content.message || answer.status + " " + answer.statusText });
        }
        const video = await answer.blob();
        URL.revokeObjectURL(film);
        film = URL.createObjectURL(video);
        change({ kind: "done", run: answer.headers.get("X-Anim-Run") || "" });
    } catch {
        change({ kind: "failed", error: "No answer from the program. Is it still running?" });
    }
}

function show() {
    const busy = state.phase === "generating";
    input.disabled = busy;
    box.classList.toggle("anim-live-busy", busy);
    clear(box, content());
    said.classList.toggle("anim-live-fault", Boolean(state.error));
    clear(said, busy ? t("Generating") + "…" : state.error ? tell(state.error) : "");
    const saved = state.phase === "done" ? state.run : "";
    const links = Object.entries(live.KINDS).map(([kind, label]) => h("a", { href: url(`live/${encodeURIComponent(saved)}/${kind}`), download: "" }, label));
    const again = h("button", { type: "button", id: "anim_live_again", onclick: () => change({ kind: "again" }) }, t("Make it again"));
    clear(actions, state.photo && !busy && again, saved && h("span", {}, t("Save as"), " ", links));
}

/** What the box shows: the film, else the photo, else what to do. */
function content() {
    if (state.phase === "done") return h("video", { id: "anim_live_film", src: film, autoplay: true, loop: true, muted: true, playsInline: true, "aria-label": t("The film") });
    if (state.photo) return h("img", { src: picture, alt: t("The photo") });
    return h("span", {}, t("Drop a picture here, or click"));
}
