/* The essentials: what makes a film, filled in and ready to run. */
(function () {
    "use strict";
    const anim = (window.anim = window.anim || {});
    const { h, t } = anim;
    const essentials = (anim.essentials = {});
    let rows = {};

    essentials.build = function () {
        rows = {};
        const { model } = anim;
        for (const one of model.described.essentials) rows[one.key] = ROWS[one.kind](one, model.answers[one.key]);
        const pair = (...keys) => h("div", { class: "anim-pair" }, keys.map((key) => rows[key]));
        return h(
            "div",
            { class: "anim-essentials" },
            rows.scenes,
            rows.avoid,
            rows.movement,
            pair("speed", "steadiness"),
            pair("coherence", "quality"),
            pair("shape", "length"),
            rows.seed,
            rows.start_picture,
            rows.music,
            pair("ending", "save_as"),
        );
    };

    /** Say where the essentials do not have the last word. */
    essentials.marks = function () {
        const { model } = anim;
        for (const [key, row] of Object.entries(rows)) {
            const against = model.against(key).filter((written) => first(written) === key);
            const place = row.querySelector(".anim-against");
            if (against.length) {
                const drop = h("button", { class: "anim-link", onclick: () => model.reset(...against) }, t("Let this decide again"));
                place.replaceChildren(t("Set by hand under All settings: {keys}.", { keys: against.join(", ") }), " ", drop);
            } else if (model.answers[key] === null) {
                place.replaceChildren(t("As in the loaded file."));
            } else place.replaceChildren();
        }
    };

    /** Of several essentials that write a setting, the one that its row is shown at. */
    const OWNERS = { strength_schedule: "steadiness" };
    const first = (written) =>
        OWNERS[written] || Object.keys(anim.model.essentials).find((key) => anim.model.essentials[key].writes.includes(written));

    const answer = (one) => (event) => anim.model.answer(one.key, event.target.value);

    function lines(one, value) {
        const area = anim.form.area({ id: "anim_" + one.key, value: value === null ? "" : value, oninput: answer(one), class: "anim-scenes prompt" }, 3);
        return anim.form.row(one.key, one.label, one.help, [area, value === null ? null : anim.pickers.build("scenes", area)]);
    }

    function text(one, value) {
        return anim.form.row(one.key, one.label, one.help, h("input", { type: "text", id: "anim_" + one.key, value: value || "", oninput: answer(one) }));
    }

    function tiles(one, value) {
        const tile = ([key, label]) =>
            h(
                "button",
                {
                    class: "anim-tile anim-move-" + key,
                    id: "anim_tile_" + key,
                    role: "radio",
                    title: t(one.tiles[key].help),
                    "aria-checked": String(key === value),
                    onclick: () => anim.model.answer(one.key, key),
                },
                h("span", { class: "anim-art" }, art(key)),
                h("span", { class: "anim-name" }, t(label)),
            );
        const group = h("div", { class: "anim-tiles", role: "radiogroup", id: "anim_" + one.key }, one.choices.map(tile));
        return anim.form.row(one.key, one.label, value ? one.tiles[value].help : one.help, group);
    }

    function slider(one, value) {
        const known = value === null ? one.default : value;
        const number = h("input", { type: "number", id: "anim_" + one.key, class: "anim-number", min: one.low, step: one.step, value: known });
        const range = h("input", { type: "range", min: one.low, max: one.high, step: one.step, value: known, "aria-label": t(one.label), tabIndex: -1 });
        const take = (text) => anim.model.answer(one.key, text === "" || isNaN(Number(text)) ? text : Number(text));
        range.addEventListener("input", () => ((number.value = range.value), take(range.value)));
        number.addEventListener("input", () => ((range.value = number.value), take(number.value)));
        const off = one.key === "speed" && anim.model.answers.movement === null;
        number.disabled = range.disabled = off;
        const unit = one.key === "length" ? h("span", { class: "anim-unit" }, t("s")) : null;
        return anim.form.row(one.key, one.label, one.help, h("div", { class: "anim-slider" }, range, number, unit));
    }

    function choice(one, value) {
        const option = ([key, label]) =>
            h(
                "button",
                { role: "radio", id: "anim_" + one.key + "_" + key, title: one.sizes ? one.sizes[key].join("×") : null, "aria-checked": String(key === value), onclick: (event) => chosen(one, key, event) },
                one.sizes ? h("i", { class: "anim-shape anim-shape-" + key }) : null,
                t(label),
            );
        return anim.form.row(one.key, one.label, one.help, h("div", { class: "anim-choice", role: "radiogroup", id: "anim_" + one.key }, one.choices.map(option)));
    }

    function chosen(one, key, event) {
        for (const button of event.currentTarget.parentNode.children) button.setAttribute("aria-checked", String(button === event.currentTarget));
        anim.model.answer(one.key, key);
    }

    function seed(one, value) {
        const input = h("input", { type: "number", id: "anim_seed", value: value === null ? "" : value, min: -1, step: 1 });
        const take = () => anim.model.answer("seed", input.value === "" ? "" : Number(input.value));
        const set = (number) => ((input.value = number), take());
        input.addEventListener("input", take);
        const last = () => anim.stage.lastSeed();
        return anim.form.row(
            one.key,
            one.label,
            one.help,
            h(
                "div",
                { class: "anim-slider" },
                input,
                h("button", { class: "anim-button anim-icon", id: "anim_seed_last", title: t("The seed of the last film or picture"), onclick: () => last() !== null && set(last()) }, "♻"),
                h("button", { class: "anim-button anim-icon", id: "anim_seed_draw", title: t("A new seed each time (-1)"), onclick: () => set(-1) }, "⚄"),
            ),
        );
    }

    function given(one, value) {
        const remove = () => (anim.model.answer(one.key, ""), anim.model.show("essentials"));
        return anim.form.row(one.key, one.label, one.help, anim.form.given(one.kind, one.key, value, remove));
    }

    const ROWS = { lines, text, tiles, slider, choice, seed, picture: given, sound: given };

    /** A tile's picture: a tunnel for what goes in or out, a landscape for the rest; style.css moves it. */
    function art(key) {
        const s = (tag, props, ...children) => h(tag + "|svg", props, ...children);
        const inside = ["infinite_zoom", "spiral", "fly_through", "pull_back"].includes(key) ? tunnel(s) : landscape(s);
        return s("svg", { viewBox: "-60 -40 120 80", preserveAspectRatio: "xMidYMid slice", "aria-hidden": "true" }, s("g", { class: "anim-moving" }, inside));
    }

    function tunnel(s) {
        // each frame is 1.6 times the one inside it, so growing by 1.6 ends where it began
        const colors = ["#3b4b7a", "#5a74a8", "#8fb0cf", "#e8d3a2", "#f0a45d"];
        const frames = [];
        for (let k = 0; k < 9; k++) {
            const half = 150 / Math.pow(1.6, k);
            frames.push(s("rect", { x: -half, y: -half * 0.67, width: 2 * half, height: half * 1.34, rx: half * 0.14, fill: colors[k % 2 ? (k >> 1) % 5 : ((k >> 1) + 2) % 5] }));
        }
        return frames;
    }

    function landscape(s) {
        const hills = (y, color, shift) => s("path", { d: `M-240 ${y} q30 -22 60 0 t60 0 t60 0 t60 0 t60 0 t60 0 t60 0 t60 0 V120 H-240 Z`, fill: color, transform: `translate(${shift})` });
        return [
            s("rect", { x: -300, y: -120, width: 600, height: 240, fill: "#8fb0cf" }),
            s("circle", { cx: 18, cy: -14, r: 10, fill: "#f6d58a" }),
            hills(10, "#5a74a8", 0),
            hills(22, "#3b4b7a", 25),
            s("path", { d: "M-22 26 L-19 -10 H-13 L-10 26 Z", fill: "#f4efe6" }),
            s("path", { d: "M-20 -10 h8 v-7 h-8 Z", fill: "#d9634c" }),
        ];
    }
})();
