// @ts-check
/* How a live photo stands, as plain data: what the page shows follows from it. */

/** @typedef {{ motion_bucket_id: number, noise_aug_strength: number, max_guidance_scale: number }} Sliders */
/** @typedef {import("../types/answers.js").Said} Said */
/** @typedef {{ name: string, size: number }} Photo a File, as far as it counts here */
/**
 * @typedef {object} State
 * @property {"empty" | "generating" | "done" | "failed"} phase
 * @property {Photo | null} photo
 * @property {string} run of the last film that was made, "" before there is one
 * @property {Said | ""} error
 * @property {Sliders} sliders
 * @property {boolean} pingPong
 */
/**
 * @typedef {{ kind: "photo", photo: Photo, most: number } | { kind: "again" } | { kind: "done", run: string }
 *     | { kind: "failed", error: Said } | { kind: "slid", name: keyof Sliders, value: number } | { kind: "ping_pong", on: boolean }} Event
 */

export const TYPES = ["avif", "bmp", "gif", "jpeg", "jpg", "png", "tif", "tiff", "webp"];
export const KINDS = /** @type {Record<string, string>} */ ({ gif: "GIF", webp: "WebP", mp4: "MP4" });

/** @type {readonly { name: keyof Sliders, least: number, most: number, step: number, usual: number }[]} */
export const SLIDERS = [
    { name: "motion_bucket_id", least: 0, most: 255, step: 1, usual: 127 },
    { name: "noise_aug_strength", least: 0.02, most: 0.1, step: 0.01, usual: 0.02 },
    { name: "max_guidance_scale", least: 1, most: 10, step: 0.1, usual: 3 },
];

/** @returns {State} */
export function begin() {
    const sliders = /** @type {Sliders} */ (Object.fromEntries(SLIDERS.map(({ name, usual }) => [name, usual])));
    return { phase: "empty", photo: null, run: "", error: "", sliders, pingPong: false };
}

/**
 * The state after an event. While a film is made the box is locked: what comes then changes nothing but sliders.
 * @param {State} state
 * @param {Event} event
 * @returns {State}
 */
export function next(state, event) {
    if (event.kind === "slid") return { ...state, sliders: { ...state.sliders, [event.name]: event.value } };
    if (event.kind === "ping_pong") return { ...state, pingPong: event.on };
    const busy = state.phase === "generating";
    if (event.kind === "done") return busy ? { ...state, phase: "done", run: event.run, error: "" } : state;
    if (event.kind === "failed") return busy ? { ...state, phase: "failed", error: event.error } : state;
    if (busy) return state;
    if (event.kind === "again") return state.photo ? { ...state, phase: "generating", error: "" } : state;
    const error = fault(event.photo, event.most);
    if (error) return { ...state, error }; // what was there stays
    return { ...state, phase: "generating", photo: event.photo, error: "" };
}

/**
 * Why a file is not sent, "" if it is.
 * @param {Photo} photo
 * @param {number} most bytes
 * @returns {Said | ""}
 */
export function fault(photo, most) {
    const suffix = photo.name.split(".").pop()?.toLowerCase() || "";
    if (!TYPES.includes(suffix) || !photo.name.includes(".")) {
        return { text: "{name}: this type of file is not read; send one of {types}", values: { name: photo.name, types: TYPES.join(", ") } };
    }
    return photo.size > most ? { text: "larger than {n} MB", values: { n: Math.round(most / 2 ** 20) } } : "";
}

/**
 * The fields of the request, beside the photo.
 * @param {State} state
 * @returns {[string, string][]}
 */
export function fields({ sliders, pingPong }) {
    const numbers = /** @type {[string, number][]} */ (Object.entries(sliders)).map(([name, value]) => /** @type {[string, string]} */ ([name, String(value)]));
    return [...numbers, ["ping_pong", String(pingPong)]];
}
