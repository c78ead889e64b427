/* The films in the output folder: those of today and those of before a reload or a restart. */
(function () {
    "use strict";
    const anim = (window.anim = window.anim || {});
    const { h, t, clear } = anim;
    const films = (anim.films = {});
    const parts = {};
    const STATES = { queued: "queued", running: "under way", paused: "paused", done: "finished", stopped: "stopped", failed: "failed" };
    let known = [];

    films.build = function () {
        parts.list = h("div", { class: "anim-films", id: "anim_films" });
        parts.card = h("div", { class: "anim-card anim-past", hidden: true }, h("h3", {}, t("Films")), parts.list);
        return parts.card;
    };

    /** Ask for the list again; with `first`, what is under way comes on the stage. */
    films.refresh = async function (first) {
        try {
            known = (await anim.get("runs")).runs;
        } catch (told) {
            return; // the stage says when nobody answers
        }
        parts.card.hidden = known.length === 0;
        clear(parts.list, known.map(film));
        const busy = known.find((view) => ["running", "paused"].includes(view.state)) || known.find((view) => view.state === "queued");
        if (first && busy && !anim.stage.shown()) anim.stage.show(busy);
        else if (anim.stage.shown()) films.mark(anim.stage.shown().id);
    };

    films.lastSeed = () => (known.length ? known[0].seed : null);

    films.mark = function (id) {
        for (const node of (parts.list || h("i")).children) node.setAttribute("aria-current", String(node.dataset.id === id));
    };

    function film(view) {
        const told = view.state === "done" ? t("{n} frames", { n: view.frame }) : t("{n} of {of} frames", { n: view.frame, of: view.of });
        return h(
            "button",
            { class: "anim-film anim-is-" + view.state, "data-id": view.id, title: view.error ? anim.tell(view.error) : view.name, onclick: () => open(view.id) },
            h("span", { class: "anim-thumb" }, view.frame ? h("img", { src: anim.url("runs/" + encodeURIComponent(view.id) + "/frame?n=" + view.frame), loading: "lazy", alt: "" }) : null),
            h("span", { class: "anim-name" }, view.name),
            h("span", { class: "anim-quiet" }, told + " · " + t(STATES[view.state] || view.state)),
        );
    }

    async function open(id) {
        try {
            anim.stage.show(await anim.get("runs/" + encodeURIComponent(id)));
        } catch (told) {
            films.refresh();
        }
    }
})();
