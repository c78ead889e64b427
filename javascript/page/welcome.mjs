// @ts-check
/* The empty screen: what will appear there and, as long as there are no films, an example. */
import { h } from "./dom.mjs";
import { url } from "./routes.mjs";
import { t } from "./words.mjs";

/** @param {boolean} alone whether there are no films yet */
export function build(alone) {
    const title = h("strong", {}, t("Your film appears here"));
    if (!alone) return h("div", { class: "anim-empty" }, title, h("span", {}, t("Preview movement shows the camera at once; Generate paints the film.")));
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const film = h("video", { id: "anim_example", src: url("example"), muted: true, loop: true, playsInline: true, autoplay: !still, "aria-label": t("An example film") });
    return h("div", { class: "anim-empty anim-example" }, film, h("div", {}, title, h("span", {}, t("Meanwhile an example, by the small model that comes along."))));
}
