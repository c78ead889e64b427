/* Curves: how what changes in a film goes from its first frame to its last, drawn from the plan while one types. */
(function () {
    "use strict";
    const anim = (window.anim = window.anim || {});
    const { h, t, clear } = anim;
    const curves = (anim.curves = {});
    const parts = {};
    const WIDE = 600;
    const HIGH = 64;
    const MOST = 8; // curves at once; more is no picture
    let which = anim.recall("curves", "all"); // or "edited"
    const s = (tag, props, ...children) => h(tag + "|svg", props, ...children);

    curves.build = function () {
        parts.body = h("div", { class: "anim-plots", id: "anim_curves" });
        const choices = { all: t("All that moves"), edited: t("Edited field") };
        const choice = anim.choice("anim_shown", choices, which, (chosen) => {
            which = chosen;
            anim.remember("curves", which);
            if (anim.model.seen) draw();
        });
        parts.card = h("details", { class: "anim-card anim-curves", open: true }, h("summary", {}, t("Curves")), h("div", { class: "anim-which" }, choice), parts.body);
        anim.model.watch((what) => what === "seen" && draw());
        return parts.card;
    };

    function draw() {
        const { seen } = anim.model;
        parts.card.classList.toggle("anim-old", seen.problems.length > 0);
        if (seen.problems.length) return; // the last good ones stay, dimmed
        const edited = which === "edited";
        const curves = edited ? seen.curves.filter((curve) => anim.model.wanted.includes(curve.key)) : seen.curves.slice(0, MOST);
        const none = edited ? t("Click into a schedule under All settings: its curve is drawn here.") : t("Nothing changes in this film.");
        clear(parts.body, curves.length ? [curves.map((curve) => plot(curve, seen)), foot(seen)] : h("p", { class: "anim-quiet" }, none));
    }

    function plot(curve, seen) {
        const last = Math.max(1, seen.frames - 1);
        const span = curve.high - curve.low || 1;
        const x = (frame) => (frame / last) * WIDE;
        const y = (value) => HIGH - 5 - ((value - curve.low) / span) * (HIGH - 10);
        const path = curve.points.map(([frame, value], k) => (k ? "L" : "M") + x(frame).toFixed(1) + " " + y(value).toFixed(1)).join("");
        const loud = curve.sound && curve.sound.map(([frame, value]) => "L" + x(frame).toFixed(1) + " " + (HIGH * (1 - value)).toFixed(1));
        const reading = h("span", { class: "anim-reading" }, range(curve));
        const cross = s("line", { class: "anim-cross", y1: 0, y2: HIGH, x1: -9, x2: -9 });
        const picture = s(
            "svg",
            { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", role: "img", "aria-label": curve.key },
            seen.marks.slice(1).map((mark) => s("line", { class: "anim-mark", x1: x(mark.frame), x2: x(mark.frame), y1: 0, y2: HIGH })),
            loud && s("path", { class: "anim-loud", d: `M0 ${HIGH}${loud.join("")}L${WIDE} ${HIGH}Z` }),
            s("path", { class: "anim-curve", d: curve.points.length > 1 ? path : "M0 32H" + WIDE }),
            cross,
        );
        picture.addEventListener("mousemove", (event) => {
            const box = picture.getBoundingClientRect();
            const frame = Math.round(((event.clientX - box.left) / box.width) * last);
            const near = curve.points.reduce((a, b) => (Math.abs(b[0] - frame) < Math.abs(a[0] - frame) ? b : a));
            cross.setAttribute("x1", x(near[0]));
            cross.setAttribute("x2", x(near[0]));
            reading.textContent = t("frame {n}", { n: near[0] }) + ": " + tidy(near[1]);
        });
        picture.addEventListener("mouseleave", () => {
            cross.setAttribute("x1", -9);
            cross.setAttribute("x2", -9);
            reading.textContent = range(curve);
        });
        return h("div", { class: "anim-plot", "data-key": curve.key }, h("div", { class: "anim-label" }, h("label", {}, anim.word(curve.label, curve.key)), h("code", {}, curve.key), reading), picture);
    }

    function foot(seen) {
        const last = Math.max(1, seen.frames - 1);
        const at = (mark) => (mark ? (100 * mark.frame) / last : 100);
        const marks = seen.marks.map((mark, k) =>
            h("span", { class: "anim-scene", title: mark.text, style: `left:${at(mark)}%;max-width:${at(seen.marks[k + 1]) - at(mark)}%` }, mark.text),
        );
        return h("div", { class: "anim-foot" }, marks);
    }

    const tidy = (value) => String(Math.round(value * 10000) / 10000);
    const range = (curve) => (curve.low === curve.high ? tidy(curve.low) : tidy(curve.low) + " … " + tidy(curve.high));
})();
