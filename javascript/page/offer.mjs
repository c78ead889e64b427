// @ts-check
/* The choice of look for a file of Deforum: as in Deforum, or repaired. */
import * as compare from "./compare.mjs";
import { choice, choose, h } from "./dom.mjs";
import * as model from "./model.mjs";
import { t } from "./words.mjs";

const parts = /** @type {Record<"card" | "look" | "text", HTMLElement>} */ ({});
let foreign = false; // whether a file of another tool is in the form

export function build() {
    const looks = { true: t("As in Deforum"), false: t("Repaired") };
    parts.look = choice("anim_classic_look", t("Look"), looks, "true", (look) => (model.change("classic", look === "true"), model.show(model.view)));
    parts.text = h("p", {});
    const both = h("button", { id: "anim_both", class: "anim-button", title: t("Paints the first frames twice, from the same seed"), onclick: () => paintBoth(both) }, t("Compare both"));
    parts.card = h("div", { class: "anim-offer", id: "anim_offer", hidden: true }, parts.text, h("div", { class: "anim-files" }, parts.look, both));
    return parts.card;
}

/** @param {HTMLButtonElement} pressed */
async function paintBoth(pressed) {
    pressed.disabled = true;
    await compare.begin();
    pressed.disabled = false;
}

/** Show the choice for a file of Deforum; it stays afterwards, so that it can be changed back. */
export function marks() {
    const classic = Boolean(model.changes.classic);
    foreign = foreign || classic;
    parts.card.hidden = !foreign;
    choose(parts.look, String(classic));
    parts.text.textContent = classic
        ? t(
              "This file is from Deforum and is filmed as Deforum does it: noise greys the picture, red and blue are swapped where colours are matched, 2D moves blur a little. Try the repaired look?",
          )
        : t("This file is from Deforum and is filmed with the repaired look: noise leaves the picture's greys, colours are matched as they are, moves stay sharp.");
}

/** Reset the choice, since another file is loaded. */
export function forget() {
    foreign = false;
}
