/* What the page holds: answers to the essentials, and changes laid over them. The last word on a setting counts: a change
   overrides what follows from the answers, and a new answer takes away the changes of what it writes.
   Survives reload and restart in the browser's storage. */
(function () {
    "use strict";
    const anim = (window.anim = window.anim || {});
    const model = (anim.model = { answers: {}, changes: {}, view: "essentials", seen: null, watchers: [], wanted: [] });

    model.begin = function (described) {
        model.described = described;
        model.fields = Object.fromEntries(described.groups.flatMap((group) => group.fields.map((field) => [field.key, field])));
        model.essentials = Object.fromEntries(described.essentials.map((one) => [one.key, one]));
        model.defaults = Object.fromEntries(described.essentials.map((one) => [one.key, one.default]));
        let stored = {};
        try {
            stored = JSON.parse(anim.recall("form", "{}")) || {};
        } catch (error) {
            stored = {}; // somebody else's text in ours
        }
        model.answers = { ...model.defaults, ...stored.answers };
        model.changes = { ...stored.changes };
        model.view = ["all", "text"].includes(stored.view) ? stored.view : "essentials";
        model.source = stored.source || "";
        model.names = { ...stored.names };
    };

    model.watch = (watcher) => model.watchers.push(watcher);
    const tell = (what) => model.watchers.forEach((watcher) => watcher(what));

    function keep() {
        const { answers, changes, view, source } = model;
        const used = new Set([...Object.values(answers), ...Object.values(changes)]);
        const names = Object.fromEntries(Object.entries(model.names || {}).filter(([id]) => used.has(id)));
        anim.remember("form", JSON.stringify({ answers, changes, view, source, names }));
    }

    model.form = () => ({ essentials: model.answers, changes: model.changes });

    model.answer = function (key, value) {
        model.answers[key] = value;
        if (key === "movement") {
            model.answers.steadiness = model.essentials.movement.tiles[value].steadiness;
            if (model.answers.speed === null) model.answers.speed = 1;
        }
        for (const written of model.essentials[key].writes) delete model.changes[written];
        changed(key === "movement" ? "form" : "value");
    };

    model.change = function (key, value) {
        model.changes[key] = value;
        changed("value");
    };

    model.reset = function (...keys) {
        for (const key of keys) delete model.changes[key];
        changed("form");
    };

    /** Another form; `film` when it is the settings of one. */
    model.replace = function (form, source, film) {
        model.answers = { ...model.defaults, ...form.essentials };
        model.changes = { ...form.changes };
        model.values = { ...model.values, ...form.values };
        model.source = source || "";
        model.film = film || "";
        changed("form");
    };

    /** Take what a text of settings made of the form. */
    model.write = function (form) {
        model.answers = { ...form.essentials };
        model.changes = { ...form.changes };
        changed("value");
    };

    /** What is being written cannot be read; nothing is filmed as long as that is so. */
    model.fault = function (problems) {
        asked++; // an answer under way is about something older
        model.seen = { problems };
        tell("seen");
    };

    model.show = function (view) {
        model.view = view;
        keep();
        tell("form");
        soon();
    };

    /** Settings that stand against what an essential says. */
    model.against = (key) => model.essentials[key].writes.filter((written) => written in model.changes && written in model.fields);

    /** The value that a setting has now, as far as it is known. */
    model.value = function (key) {
        if (key in model.changes) return model.changes[key];
        return model.values && key in model.values ? model.values[key] : model.fields[key].default;
    };

    function changed(what) {
        keep();
        tell(what);
        soon();
    }

    let asked = 0;
    model.look = async function () {
        const mine = ++asked;
        let seen;
        try {
            seen = await anim.post("look", { ...model.form(), curves: model.wanted });
        } catch (told) {
            seen = { problems: anim.faults(told) };
        }
        if (mine !== asked) return; // somebody typed on; the newer answer counts
        model.seen = seen;
        if (seen.values) model.values = seen.values;
        tell("seen");
    };
    const soon = anim.later(() => model.look(), 120);

    /** Width by height of the form's film. */
    model.ratio = () => model.value("W") / model.value("H");

    /** The curve of a setting is wanted while it is being edited. */
    model.want = function (key) {
        if (model.wanted[0] === key) return;
        model.wanted = key ? [key] : [];
        model.look();
    };
})();
