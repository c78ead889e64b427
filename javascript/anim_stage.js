/* The right side: what can be asked for, and the picture, film or trouble that comes of it. */
(function () {
    "use strict";
    const anim = (window.anim = window.anim || {});
    const { h, t, clear } = anim;
    const stage = (anim.stage = {});
    const EVERY = 700; // milliseconds between two looks at a job that is under way
    const OVER = ["done", "stopped", "failed"];
    const parts = {};
    let shown = null; // the job or film on the stage
    let timer = 0;

    stage.build = function () {
        const button = (id, label, title, what, main) =>
            h("button", { id, class: "anim-button" + (main ? " anim-main" : ""), title, onclick: () => stage.begin(what) }, label);
        parts.run = button("anim_run", "", t("Paint the film (Ctrl+Enter)"), "film", true);
        parts.first = button("anim_first", t("First picture"), t("Paints only the first picture, in seconds; again until you like it"), "first");
        parts.look = button("anim_look", t("Preview movement"), t("Shows how the camera moves; needs no model"), "preview");
        parts.line = h("div", { class: "anim-facts", id: "anim_facts" });
        parts.problems = h("div", { class: "anim-problems", id: "anim_problems", role: "alert" });
        parts.refused = h("div", { class: "anim-problems", id: "anim_refused", role: "alert" }); // until the form changes
        parts.notes = h("div", { class: "anim-notes", id: "anim_notes" });
        parts.bar = h("div", { class: "anim-bar", hidden: true }, h("i"));
        parts.state = h("div", { class: "anim-state", id: "anim_state", role: "status" });
        parts.buttons = h("div", { class: "anim-commands" });
        anim.model.watch((what) => {
            if (what !== "seen") clear(parts.refused);
            if (what !== "form") facts();
        });
        parts.viewer = h("div", { class: "anim-card anim-viewer" }, anim.screen.build(), parts.bar, parts.state, h("div", { class: "anim-watch" }, anim.screen.choice()), parts.buttons);
        facts();
        return h(
            "div",
            { class: "anim-stage" },
            h("div", { class: "anim-actions" }, parts.look, parts.first, parts.run),
            parts.problems,
            parts.refused,
            parts.viewer,
            anim.compare.build(),
            parts.line,
            parts.notes,
        );
    };

    /** What the form means, in one line: how long, how large, how much to paint. */
    function facts() {
        const { seen } = anim.model;
        const wrong = (seen && seen.problems) || [];
        clear(parts.problems, wrong.length ? [h("strong", {}, t("This cannot be filmed yet:")), h("ul", {}, wrong.map((one) => h("li", {}, anim.problem(one))))] : null);
        able(!wrong.length);
        const seconds = seen && seen.seconds;
        parts.run.textContent = seconds ? t("Generate (about {time})", { time: anim.about(seconds) }) : t("Generate");
        if (!seen || wrong.length) return;
        const painter = anim.model.described.painter;
        parts.line.textContent = [
            t("{seconds} s · {frames} frames, {painted} of them painted", { seconds: Math.round((seen.frames / seen.fps) * 100) / 100, frames: seen.frames, painted: seen.painted }),
            seen.size.join("×"),
            t(painter.name),
        ].join(" · ");
        const warned = (seen.cautions || []).map((one) => h("p", { class: "anim-caution" }, t(one.text, one.values)));
        clear(parts.notes, [...warned, ...seen.notes.map((note) => h("p", {}, anim.tell(note)))]);
        anim.screen.ratio(seen.size[0] / seen.size[1]);
    }

    function able(yes) {
        for (const name of ["run", "first", "look"]) parts[name].disabled = !yes;
    }

    // -- asking ---------------------------------------------------------------------------------------------------

    stage.begin = async function (what, asks) {
        const busy = stage.stoppable();
        if (what === "film" && asks && busy && !confirm(t("A film is being painted. Shall this one wait for its turn?"))) return;
        able(false);
        clear(parts.refused);
        try {
            await anim.text.applied();
            const view = await anim.post("begin", { ...anim.model.form(), what });
            if (what === "film") anim.model.film = view.id;
            stage.show(view);
            if (what === "film") anim.films.refresh();
        } catch (told) {
            refused(t("This could not begin:"), told);
        } finally {
            able(!anim.model.seen || !anim.model.seen.problems.length);
        }
    };

    function refused(title, told) {
        const lines = anim.faults(told).map((one) => h("li", {}, anim.problem(one)));
        clear(parts.refused, h("strong", {}, title), h("ul", {}, lines));
    }

    stage.stoppable = () => Boolean(shown && !OVER.includes(shown.state));

    stage.command = async function (name) {
        if (!shown) return;
        try {
            stage.show(await anim.post("runs/" + encodeURIComponent(shown.id) + "/" + name, {}));
        } catch (told) {
            parts.state.textContent = told.error;
        }
    };

    stage.stop = () => stage.command("stop");

    /** Make room for what is shown in the film's place. */
    stage.hide = (on) => (parts.viewer.hidden = on);

    /** The seed of what is on the stage, or of the newest film. */
    stage.lastSeed = function () {
        if (shown && shown.seed !== null && shown.seed !== undefined) return shown.seed;
        return anim.films.lastSeed();
    };

    // -- showing ---------------------------------------------------------------------------------------------------

    stage.show = function (view) {
        anim.compare.close();
        show(view);
    };

    function show(view) {
        shown = view;
        clearTimeout(timer);
        state(view);
        anim.screen.show(view);
        commands(view);
        anim.films.mark(view.id);
        if (!OVER.includes(view.state)) timer = setTimeout(poll, EVERY);
    }

    stage.shown = () => shown;

    async function poll() {
        const id = shown.id;
        try {
            const view = await anim.get("runs/" + encodeURIComponent(id));
            if (shown.id !== id) return;
            const ended = OVER.includes(view.state);
            show(view);
            if (ended) {
                anim.films.refresh();
                anim.model.look(); // now it is known how long pictures take
            }
        } catch (told) {
            if (shown.id !== id) return;
            parts.state.textContent = told.error;
            timer = setTimeout(poll, told.gone ? 3 * EVERY : EVERY);
        }
    }

    const FILES = { mp4: "MP4", gif: "GIF", webp: "WebP" };
    const TRIALS = { first: "First picture", preview: "Preview" };

    function state(view) {
        const running = view.state === "running" || view.state === "paused";
        parts.bar.hidden = !running;
        parts.bar.firstChild.style.width = (100 * view.frame) / Math.max(1, view.of) + "%";
        parts.bar.classList.toggle("anim-unknown", view.state === "running" && view.frame === 0);
        const words = [];
        if (view.state === "queued") {
            words.push(view.before ? t("Queued, {n} before it", { n: view.before }) : t("Begins…"));
        } else if (running) {
            if (view.doing === "loading") words.push(t("Loading the model…"));
            else words.push(t("frame {n} of {of}", { n: view.frame, of: view.of }));
            if (view.doing === "editing") words.push(t("the changes hold from the next picture on"));
            else if (view.doing === "stopping") words.push(t("stops after this picture"));
            else if (view.state === "paused") words.push(t("paused"));
            else if (view.left !== null) {
                words.push(t("{time} left", { time: anim.clock(view.left) }));
                words.push(t("done {time}", { time: new Date(view.finish * 1000).toTimeString().slice(0, 5) }));
            }
        } else if (view.state === "done") {
            words.push(view.what === "film" ? t("{name}: {n} frames", { name: view.name, n: view.frame }) : t(TRIALS[view.what]));
            if (view.what !== "preview") words.push(t("seed {n}", { n: view.seed }));
        } else if (view.state === "stopped") {
            words.push(t("Stopped: {n} of {of} frames are kept", { n: view.frame, of: view.of }));
        }
        const close = running && view.what === "film" ? h("span", { class: "anim-quiet" }, t("You may close this page.")) : null;
        const fault = view.state === "failed" ? h("span", { class: "anim-fault" }, anim.tell(view.error)) : null;
        clear(parts.state, h("span", { class: "anim-words" }, words.join(" · ")), fault, close);
    }

    function commands(view) {
        const path = "runs/" + encodeURIComponent(view.id);
        const act = (id, label, work, title) => h("button", { id, class: "anim-button", onclick: work, title }, label);
        const over = OVER.includes(view.state);
        const film = view.what === "film";
        const files = over ? view.files || [] : [];
        const held = anim.model.film === view.id; // the form holds the settings of this film
        const signature = [view.id, view.state, files.join("+"), view.doing === "stopping", held].join();
        if (parts.buttons.dataset.signature === signature) return;
        parts.buttons.dataset.signature = signature;
        const get = (kind) => h("a", { href: anim.url(path + "/files/" + kind), download: view.name + "." + kind }).click();
        const download = (kind, k) => {
            const label = files.length > 1 ? t("Download {kind}", { kind: FILES[kind] }) : t("Download");
            return act(k ? "anim_download_" + kind : "anim_download", label, () => get(kind));
        };
        clear(
            parts.buttons,
            !over && view.doing !== "stopping" && act("anim_stop", t("Stop"), () => stage.command("stop"), t("Stops after this picture and keeps the film so far (Esc)")),
            view.state === "running" && film && view.doing !== "stopping" && act("anim_pause", t("Pause"), () => stage.command("pause"), t("Holds after this picture")),
            view.state === "paused" && act("anim_go_on", t("Go on"), () => stage.command("go_on")),
            over && film && view.state !== "done" && act("anim_resume", t("Go on"), () => stage.command("resume"), t("Paints what is missing")),
            film && view.state !== "done" && view.doing !== "stopping" && (held
                ? act("anim_apply", t("Apply changes"), () => edit(path), t("The film goes on with what stands at the left, from the next painted picture on"))
                : act("anim_edit", t("Edit and continue"), () => take(path, view), t("Puts the settings of this film into the form; what you change there can then be applied to it"))),
            film && files.map(download),
            film && anim.model.described.opens && act("anim_open", t("Open folder"), () => opened(path), t("Shows the film's folder on this machine")),
            over && film && act("anim_again", t("Same again"), () => again(path), t("Generates a film with the settings of this one")),
            over && film && act("anim_take", t("Take its settings"), () => take(path, view), t("Puts the settings of this film into the form")),
            over && view.what === "first" && act("anim_keep", t("Keep this seed"), () => keep(view.seed), t("Generate then begins with this picture")),
            film && view.folder && h("span", { class: "anim-quiet anim-folder", title: view.folder }, h("bdi", {}, view.folder)),
        );
    }

    async function opened(path) {
        try {
            await anim.post(path + "/open", {});
        } catch (told) {
            parts.state.textContent = told.error;
        }
    }

    function keep(seed) {
        anim.model.answer("seed", seed);
        anim.model.show(anim.model.view);
    }

    async function settingsOf(path) {
        return anim.get(path + "/settings");
    }

    async function take(path, view) {
        anim.form.take(await settingsOf(path), view.name, view.id);
        commands(shown);
    }

    async function edit(path) {
        clear(parts.refused);
        try {
            await anim.text.applied();
            stage.show(await anim.post(path + "/edit", anim.model.form()));
        } catch (told) {
            refused(t("The film cannot go on with this:"), told);
        }
    }

    async function again(path) {
        const { essentials, changes } = await settingsOf(path);
        try {
            stage.show(await anim.post("begin", { essentials, changes, what: "film" }));
            anim.films.refresh();
        } catch (told) {
            parts.state.textContent = told.error;
        }
    }
})();
