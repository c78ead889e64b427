/* The left side: the essentials, all settings, loading and saving. */
(function () {
    "use strict";
    const anim = (window.anim = window.anim || {});
    const { h, t, clear } = anim;
    const form = (anim.form = {});
    const parts = {};
    let foreign = false; // whether a file of another tool is in the form

    form.build = function () {
        const { model } = anim;
        parts.views = {
            essentials: tab("essentials", t("Essentials")),
            all: tab("all", t("All settings")),
            text: tab("text", "JSON"),
        };
        parts.file = h("input", { type: "file", id: "anim_file", accept: ".json,.txt,.png,.mp4,.gif,.webp,application/json", hidden: true, onchange: picked });
        parts.body = h("div", { class: "anim-body" });
        parts.offer = offer();
        parts.told = h("div", { class: "anim-told", id: "anim_told", role: "status" });
        parts.count = h("span", { class: "anim-count" });
        parts.views.all.append(parts.count);
        const top = h(
            "div",
            { class: "anim-top" },
            h("div", { class: "anim-tabs", role: "tablist" }, Object.values(parts.views)),
            h(
                "div",
                { class: "anim-files" },
                h("button", { id: "anim_load", class: "anim-button", title: t("Settings files, also of Deforum; frames and videos made here"), onclick: () => parts.file.click() }, t("Load")),
                h("button", { id: "anim_save", class: "anim-button", onclick: () => save() }, t("Save")),
                h("button", { id: "anim_save_as", class: "anim-button", onclick: saveAs }, t("Save as…")),
                h("button", { id: "anim_reset", class: "anim-button", onclick: reset }, t("Reset")),
                parts.file,
            ),
        );
        model.watch((what) => {
            if (what === "form") draw();
            count();
            marks();
            offered();
        });
        const left = h("div", { class: "anim-form", ondragover: dragged, ondrop: dropped }, top, parts.told, parts.offer, parts.body);
        draw();
        count();
        offered();
        return left;
    };

    function tab(view, label) {
        return h("button", { id: "anim_view_" + view, class: "anim-tab", role: "tab", onclick: () => anim.model.show(view) }, label);
    }

    function draw() {
        const { model } = anim;
        for (const [view, node] of Object.entries(parts.views)) node.setAttribute("aria-selected", String(view === model.view));
        const typing = held();
        clear(parts.body, view().build());
        marks();
        typing();
    }

    /** What puts the cursor back where it is now, for whoever types on while the form is drawn anew. */
    function held() {
        const { activeElement: field } = document;
        if (!field || !field.id || !parts.body.contains(field)) return () => {};
        const { id, selectionStart, selectionEnd } = field;
        return () => {
            const again = document.getElementById(id);
            if (!again || !parts.body.contains(again)) return;
            again.focus({ preventScroll: true });
            if (typeof selectionStart === "number") again.setSelectionRange(selectionStart, selectionEnd);
        };
    }

    const view = () => ({ essentials: anim.essentials, all: anim.settings, text: anim.text })[anim.model.view];

    function count() {
        const many = Object.keys(anim.model.changes).filter((key) => key in anim.model.fields).length;
        parts.count.textContent = many ? String(many) : "";
        parts.count.title = many ? t("Settings that were changed here or came from a file") : "";
    }

    /** A field's row: label and help above, control, and room for what is wrong with it. */
    form.row = function (key, label, help, control, extra) {
        return h(
            "div",
            { class: "anim-row", "data-key": key },
            h("div", { class: "anim-label" }, h("label", { htmlFor: "anim_" + key }, anim.word(label, key)), h("span", { class: "anim-help" }, help ? t(help) : ""), extra),
            control,
            h("div", { class: "anim-against" }),
            h("div", { class: "anim-wrong", role: "alert" }),
        );
    };

    /** Write what is wrong under the fields it is about. */
    function marks() {
        const { seen } = anim.model;
        const wrong = {};
        for (const problem of (seen && seen.problems) || []) (wrong[problem.key] = wrong[problem.key] || []).push(problem);
        for (const row of parts.body.querySelectorAll(".anim-row")) {
            const mine = wrong[row.dataset.key] || [];
            row.classList.toggle("anim-bad", mine.length > 0);
            row.querySelector(".anim-wrong").replaceChildren(...mine.map((problem) => h("div", {}, anim.problem({ ...problem, key: "" }), form.place(problem.excerpt))));
        }
        view().marks();
    }

    /** The piece of text around the place of a problem, the place marked. */
    form.place = function (piece) {
        if (!piece) return null;
        return h("code", { class: "anim-excerpt" }, piece.before, h("mark", {}, piece.at || "\u00a0"), piece.after);
    };

    // -- files ---------------------------------------------------------------------------------------------------

    form.tell = function (texts, fault) {
        clear(
            parts.told,
            texts.map((text) => h("p", { class: fault ? "anim-fault" : "" }, text)),
            texts.length ? h("button", { class: "anim-close", title: t("Close"), onclick: () => clear(parts.told) }, "×") : null,
        );
    };

    function picked() {
        const file = parts.file.files[0];
        parts.file.value = "";
        if (file) load(file);
    }

    const HEAD = 4 * 2 ** 20; // bytes of a video that hold its settings, long as it may be

    async function load(file) {
        const sent = file.type === "video/mp4" ? file.slice(0, HEAD) : file;
        try {
            const answer = await anim.ask("load?name=" + encodeURIComponent(file.name), sent, "application/octet-stream");
            form.take(await answer.json(), file.name);
        } catch (told) {
            form.tell(anim.faults(told).map((one) => file.name + ": " + anim.problem(one)), true);
        }
    }

    /** Show a form that was loaded; `film` when it is the settings of one. */
    form.take = function (loaded, name, film) {
        foreign = false;
        anim.model.replace(loaded, name, film);
        anim.model.show("all");
        form.tell([t("{name} is loaded.", { name }), ...loaded.notes.filter(form.isNews).map(anim.tell)]);
    };

    /** Whether a remark on a file is to be shown; the one about its look is told with a choice. */
    form.isNews = (note) => !note.includes("classic=false");

    const named = (name) => String(name || "film").replace(/\.(json|txt)$/i, "").replace(/[^\p{L}\p{N}_-]+/gu, "_");

    async function save(name) {
        try {
            await anim.text.applied();
            const text = await (await anim.ask("save", anim.model.form())).text();
            const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
            h("a", { href: address, download: named(name || anim.model.value("batch_name")) + ".json" }).click();
            setTimeout(() => URL.revokeObjectURL(address), 10000);
        } catch (told) {
            form.tell(anim.faults(told).map(anim.problem), true);
        }
    }

    /** Ask for a file's name, then save. */
    function saveAs() {
        const name = h("input", { type: "text", id: "anim_file_name", value: named(anim.model.source || anim.model.value("batch_name")) });
        const go = () => (save(name.value), clear(parts.told));
        name.addEventListener("keydown", (event) => event.key === "Enter" && !event.ctrlKey && !event.metaKey && go());
        form.tell([t("Name of the file")]);
        parts.told.firstChild.append(h("div", { class: "anim-slider" }, name, h("button", { id: "anim_file_save", class: "anim-button", onclick: go }, t("Save"))));
        name.select();
    }

    function reset() {
        if (!confirm(t("Put everything back to the beginning?"))) return;
        foreign = false;
        clear(parts.told);
        anim.model.replace({ essentials: {}, changes: {} });
    }

    function dragged(event) {
        if ([...event.dataTransfer.items].some((item) => item.kind === "file")) event.preventDefault();
    }

    /** Whether a picture is a frame of ours, which has its settings in front of its pixels. */
    const carries = async (file) => (await file.slice(0, 64).text()).includes("iTXtanim\0");

    async function dropped(event) {
        const file = event.dataTransfer.files[0];
        if (!file) return;
        event.preventDefault();
        if (file.type.startsWith("image/") && !(await carries(file))) form.upload(file, "start_picture", "picture");
        else if (file.type.startsWith("audio/") || /\.(wav|mp3|m4a|ogg|flac)$/i.test(file.name)) form.upload(file, "music", "sound");
        else load(file);
    }

    // -- files of Deforum -----------------------------------------------------------------------------------------

    /** What to do with the look of a file of Deforum. */
    function offer() {
        const looks = { true: t("As in Deforum"), false: t("Repaired") };
        const take = (look) => (anim.model.change("classic", look === "true"), anim.model.show(anim.model.view));
        parts.look = anim.choice("anim_classic_look", looks, "true", take);
        const text = t(
            "This file is from Deforum and is filmed as Deforum does it: noise greys the picture, red and blue are swapped where colours are matched, 2D moves blur a little. Try the repaired look?",
        );
        const compare = async () => {
            both.disabled = true;
            await anim.compare.begin();
            both.disabled = false;
        };
        const both = h("button", { id: "anim_both", class: "anim-button", title: t("Paints the first frames twice, from the same seed"), onclick: compare }, t("Compare both"));
        return h("div", { class: "anim-offer", id: "anim_offer", hidden: true }, h("p", {}, text), h("div", { class: "anim-files" }, parts.look, both));
    }

    /** The offer stays after it was taken, so that one can go back. */
    function offered() {
        const classic = Boolean(anim.model.changes.classic);
        foreign = foreign || classic;
        parts.offer.hidden = !foreign;
        anim.choose(parts.look, String(classic));
    }

    // -- controls that both views use ----------------------------------------------------------------------------

    const GIVEN = {
        picture: { route: "pictures", accept: "image/*", drop: "Drop a picture here, or click to choose one" },
        sound: { route: "sounds", accept: "audio/*,.wav,.mp3,.m4a,.ogg,.flac", drop: "Drop a sound file here, or click to choose one" },
        video: { route: "videos", accept: "video/*,.mp4,.mov,.webm,.mkv,.avi", drop: "Drop a video here, or click to choose one" },
    };

    /** Upload a picture, a sound or a video and answer with it. */
    form.upload = async function (file, key, kind) {
        const { model } = anim;
        try {
            const { id } = await (await anim.ask(GIVEN[kind].route, file, "application/octet-stream")).json();
            model.names[id] = file.name;
            if (key in model.essentials) model.answer(key, id);
            else model.change(key, id);
            if (key === "soundtrack_path") model.change("add_soundtrack", "File");
            model.show(model.view);
        } catch (told) {
            form.tell([file.name + ": " + told.error], true);
        }
    };

    /** A place to drop a picture, a sound or a video on, or choose one. */
    form.given = function (kind, key, id, remove) {
        const { route, accept, drop } = GIVEN[kind];
        const input = h("input", { type: "file", accept, hidden: true, onchange: () => input.files[0] && form.upload(input.files[0], key, kind) });
        const dropped = (event) => {
            const file = event.dataTransfer.files[0];
            if (!file) return;
            event.preventDefault();
            event.stopPropagation();
            form.upload(file, key, kind);
        };
        const own = (event) => event.stopPropagation();
        const at = id && anim.url(route + "/" + encodeURIComponent(id));
        const played = { src: at, controls: true, preload: "metadata", onclick: own, onkeydown: own };
        const seen = kind === "picture" ? h("img", { src: at, alt: "" }) : h(kind === "sound" ? "audio" : "video", played);
        const shown = id
            ? [
                  seen,
                  anim.model.names[id] ? h("span", { class: "anim-name", title: anim.model.names[id] }, anim.model.names[id]) : null,
                  h("span", { class: "anim-link" }, t("Choose another")),
                  h("button", { class: "anim-link", onclick: (event) => (event.stopPropagation(), remove()) }, t("Remove")),
              ]
            : [h("span", {}, t(drop))];
        return h(
            "div",
            {
                id: "anim_" + key,
                class: "anim-drop" + (id ? " anim-filled" : ""),
                tabIndex: 0,
                role: "button",
                ondragover: (event) => event.preventDefault(),
                ondrop: dropped,
                onclick: () => input.click(),
                onkeydown: (event) => event.target === event.currentTarget && event.key === "Enter" && !event.ctrlKey && input.click(),
            },
            shown.filter(Boolean),
            input,
        );
    };

    /** A textarea that is as high as its text. */
    form.area = function (props, rows) {
        const area = h("textarea", { rows, spellcheck: "false", ...props });
        const fit = () => {
            area.style.height = "auto";
            area.style.height = area.scrollHeight + 2 + "px";
        };
        area.addEventListener("input", fit);
        requestAnimationFrame(() => area.scrollHeight && fit());
        return area;
    };
})();
