// @ts-check
/* The choice of the model that paints, where the page was started with a folder of models. */
import { clear, h } from "./dom.mjs";
import * as model from "./model.mjs";
import * as pickers from "./pickers.mjs";
import { get, post } from "./routes.mjs";
import { t, tell } from "./words.mjs";

const parts = /** @type {{ row: HTMLElement, select: HTMLSelectElement, fault: HTMLElement }} */ ({});

export function build() {
    parts.select = h("select", { id: "anim_model", onchange: () => choose(parts.select.value) });
    parts.fault = h("div", { class: "anim-wrong", id: "anim_model_fault", role: "alert" });
    parts.row = h("div", { class: "anim-painter" }, h("label", { htmlFor: "anim_model" }, t("Painter")), parts.select, parts.fault);
    draw();
    return parts.row;
}

function draw() {
    const { models, chosen, fault } = model.described.painter;
    parts.row.hidden = !models.length;
    clear(parts.select, models.map(([name, label]) => h("option", { value: name, selected: name === chosen }, t(label))));
    parts.fault.textContent = fault ? tell(fault) : "";
}

/** @param {string} name */
async function choose(name) {
    parts.select.disabled = true;
    try {
        model.describe(await post("painter", { model: name }));
        draw();
        pickers.begin();
    } catch (error) {
        draw();
        parts.fault.textContent = error.message;
    }
    parts.select.disabled = false;
}

/** Learn whether the model could be loaded. */
export async function refresh() {
    model.described.painter = await get("painter").catch(() => model.described.painter);
    draw();
}
