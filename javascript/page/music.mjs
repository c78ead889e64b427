// @ts-check
/* What is known of the film's music: its length and its tempo. */
import { h } from "./dom.mjs";
import * as model from "./model.mjs";
import { get } from "./routes.mjs";
import { clock, t } from "./words.mjs";

/** @typedef {{ seconds: number, bpm: number | null }} Facts of a sound; its beats a minute are null where none are heard */

/** @type {Record<string, Promise<Facts | null>>} */
const known = {}; // by ids of uploads

/** @param {string} id */
const facts = (id) => (known[id] ||= get("sounds/" + encodeURIComponent(id) + "/facts").catch(() => null));

/**
 * The button that makes the film as long as the song.
 * @param {string} id of the upload
 */
export function length(id) {
    const place = h("div", { class: "anim-files" });
    facts(id).then((found) => {
        if (!found) return;
        const take = () => (model.answer("length", found.seconds), model.show("essentials"));
        place.append(h("button", { id: "anim_as_long", class: "anim-button", onclick: take }, t("As long as the song ({time})", { time: clock(found.seconds) })));
    });
    return place;
}

/**
 * The tempo: what is heard, unless it is typed, with buttons for half and double.
 * @param {string} id of the upload
 * @param {string | number | null} value the answer; 0 is what is heard
 */
export function tempo(id, value) {
    const input = h("input", { type: "number", id: "anim_tempo", class: "anim-number", min: 0, step: "any", value: value || "" });
    const heard = h("span", { class: "anim-quiet", role: "status" }, t("Listening…"));
    let bpm = 0;
    const take = () => model.answer("tempo", Number(input.value) || 0);
    input.addEventListener("input", take);
    const times = (/** @type {string} */ name, /** @type {string} */ label, /** @type {number} */ factor) => {
        const scale = () => ((input.value = String(Math.round((Number(input.value) || bpm) * factor * 10) / 10)), take());
        return h("button", { id: "anim_tempo_" + name, class: "anim-button anim-icon", title: t("The tempo times {n}", { n: factor }), onclick: scale, disabled: true }, label);
    };
    const buttons = [times("half", "×½", 0.5), times("double", "×2", 2)];
    facts(id).then((found) => {
        bpm = found?.bpm || 0;
        input.placeholder = bpm ? String(bpm) : "";
        heard.textContent = bpm ? t("heard: {n}", { n: bpm }) : t("no beat is heard; type the tempo");
        for (const button of buttons) button.disabled = !bpm && !Number(input.value);
    });
    return h("div", { class: "anim-slider" }, input, buttons, heard);
}
