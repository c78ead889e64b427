/* A film's first pictures with both looks, Deforum's and the repaired one, side by side and in step. */
(function () {
    "use strict";
    const anim = (window.anim = window.anim || {});
    const { h, t, clear } = anim;
    const compare = (anim.compare = {});
    const EVERY = 700; // milliseconds between two looks at the jobs
    const OVER = ["done", "stopped", "failed"];
    const parts = {};
    let sides = []; // [{classic, view, drawn, and the nodes screen, state}]
    let timer = 0;

    compare.build = function () {
        parts.sides = h("div", { class: "anim-sides" });
        parts.stop = h("button", { id: "anim_compare_stop", class: "anim-button", onclick: () => compare.stop() }, t("Stop"));
        const shut = h("button", { id: "anim_compare_close", class: "anim-button", onclick: () => compare.close() }, t("Close"));
        const title = h("h3", {}, t("The first frames, with both looks"));
        parts.card = h("div", { class: "anim-card anim-compare", id: "anim_compare", hidden: true }, h("div", { class: "anim-top" }, title, h("div", { class: "anim-files" }, parts.stop, shut)), parts.sides);
        return parts.card;
    };

    /** Paint the first frames of the form's film twice, from the same seed. */
    compare.begin = async function () {
        compare.close();
        const ask = (form, changes) => anim.post("begin", { ...form, changes: { ...form.changes, ...changes }, what: "opening" });
        try {
            await anim.text.applied();
            const form = anim.model.form();
            const first = await ask(form, { classic: true });
            sides = [side(true, t("As in Deforum"), first)];
            sides.push(side(false, t("Repaired"), await ask(form, { classic: false, seed: first.seed })));
        } catch (told) {
            compare.close();
            anim.form.tell(anim.faults(told).map(anim.problem), true);
            return;
        }
        parts.sides.style.setProperty("--anim-ratio", anim.model.ratio());
        clear(parts.sides, sides.map((one) => one.node));
        show(true);
        sides.forEach(draw);
        timer = setTimeout(poll, EVERY);
    };

    compare.stoppable = () => sides.some(running);

    compare.stop = function () {
        for (const one of sides.filter(running)) anim.post(path(one) + "/stop", {}).catch(() => {});
    };

    /** Give the place back to the film; what still runs is stopped. */
    compare.close = function () {
        compare.stop();
        clearTimeout(timer);
        sides = [];
        show(false);
    };

    function show(on) {
        parts.card.hidden = !on;
        anim.stage.hide(on);
    }

    const running = (one) => !OVER.includes(one.view.state);
    const path = (one) => "runs/" + encodeURIComponent(one.view.id);

    function side(classic, label, view) {
        const screen = h("div", { class: "anim-screen" });
        const state = h("span", { class: "anim-quiet" });
        const choose = h("button", { id: "anim_keep_" + (classic ? "classic" : "repaired"), class: "anim-button", onclick: () => keep(classic) }, t("Keep this look"));
        const node = h("figure", {}, screen, h("figcaption", {}, h("strong", {}, label), state, choose));
        return { classic, view, node, screen, state, drawn: "" };
    }

    function keep(classic) {
        compare.close();
        anim.model.change("classic", classic);
        anim.model.show(anim.model.view);
    }

    async function poll() {
        const asked = sides;
        for (const one of asked.filter(running)) {
            const view = await anim.get(path(one)).catch(() => one.view);
            if (asked !== sides) return;
            one.view = view;
            draw(one);
        }
        if (compare.stoppable()) timer = setTimeout(poll, EVERY);
        else finish();
    }

    function draw(one) {
        const { view } = one;
        parts.stop.hidden = !compare.stoppable();
        one.state.textContent = told(view);
        one.state.classList.toggle("anim-fault", view.state === "failed");
        if (!view.frame || one.drawn === view.frame) return;
        one.drawn = view.frame;
        anim.swap(one.screen, h("img", { alt: "", src: anim.url(path(one) + "/frame?n=" + view.frame) }));
    }

    function told(view) {
        if (view.state === "queued") return t("Queued, {n} before it", { n: view.before || 0 });
        if (view.doing === "loading") return t("Loading the model…");
        return (view.error && anim.tell(view.error)) || t("frame {n} of {of}", { n: view.frame, of: view.of });
    }

    /** Both films in place of their pictures, played together and over again together. */
    async function finish() {
        const mine = sides;
        const films = mine.filter((one) => one.view.video).map((one) => {
            const player = h("video", { src: anim.url(path(one) + "/video?v=" + one.view.video), muted: true, playsInline: true, preload: "auto" });
            return { one, player };
        });
        const there = await Promise.all(films.map(({ one, player }) => anim.swap(one.screen, player)));
        const players = films.map(({ player }) => player).filter((_, k) => there[k]);
        const together = () => players.forEach((player) => ((player.currentTime = 0), player.play().catch(() => {})));
        for (const player of players) player.addEventListener("ended", () => mine === sides && players.every((other) => other.ended) && together());
        together();
    }
})();
