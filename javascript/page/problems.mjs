// @ts-check
/* Problems as a list: each leads to its field; what is not there can be left out. */
import { h } from "./dom.mjs";
import * as form from "./form.mjs";
import * as model from "./model.mjs";
import * as notice from "./notice.mjs";
import { problem, t } from "./words.mjs";

/** @typedef {import("../types/answers.js").Problem} Problem */

/**
 * A list of problems with what can be done about them.
 * @param {Problem[]} problems
 */
export function list(problems) {
    const missing = problems.filter((one) => one.missing).map((one) => one.key);
    const label = missing.length > 1 ? t("Leave them out: {keys}", { keys: missing.join(", ") }) : t("Leave it out");
    const leave = h("button", { class: "anim-button anim-leave", title: t("Films without what is not there"), onclick: () => leaveOut(missing) }, label);
    return [h("ul", {}, problems.map((one) => h("li", {}, line(one)))), missing.length ? leave : null];
}

/** @param {Problem} one */
function line(one) {
    if (!form.has(one)) return problem(one);
    return h("button", { class: "anim-link", onclick: () => form.open(one) }, problem(one));
}

/** @param {string[]} keys */
function leaveOut(keys) {
    model.leaveOut();
    notice.showChange([t("Left out of the film: {keys}.", { keys: keys.join(", ") })]);
}
