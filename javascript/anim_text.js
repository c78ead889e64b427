/* The settings as the text of a settings file. What is typed becomes the form as soon as it can be read; the text itself is
   left alone, so that it can be undone. */
(function () {
    "use strict";
    const anim = (window.anim = window.anim || {});
    const { h, t, clear } = anim;
    const text = (anim.text = {});
    const parts = {};
    let draft = null; // {text, read: whether the form says the same, form: that form, notes}

    text.build = function () {
        parts.area = h("textarea", { id: "anim_text", class: "anim-code anim-sheet", wrap: "off", spellcheck: false, "aria-label": "JSON", oninput: typed });
        parts.faults = h("div", { class: "anim-problems", id: "anim_text_faults", role: "status" });
        parts.notes = h("div", { class: "anim-notes" });
        const help = t("What Save writes. A change counts as soon as the text can be read; whole files can be pasted, those of Deforum too.");
        if (draft && draft.form === form()) again();
        else fill();
        return h("div", { class: "anim-body" }, h("p", { class: "anim-quiet" }, help), parts.faults, parts.area, parts.notes);
    };

    const form = () => JSON.stringify(anim.model.form());

    /** A text that was begun and left goes on where it was. */
    function again() {
        parts.area.value = draft.text;
        if (!draft.read) soon();
    }

    async function fill() {
        const { area } = parts;
        area.disabled = true;
        draft = null;
        try {
            const written = form();
            area.value = await (await anim.ask("save", anim.model.form())).text();
            area.disabled = false;
            draft = { text: area.value, read: true, form: written, notes: [] };
        } catch (told) {
            area.placeholder = t("What is wrong has to be mended first; then the text is shown.");
            if (told.gone) anim.model.fault(anim.faults(told));
        }
        text.marks();
    }

    function typed() {
        draft = { ...draft, text: parts.area.value, read: false };
        soon();
    }

    const soon = anim.later(() => check(), 250);

    /** Put the text into the form. Its problems come back, none when it could be read. */
    async function check() {
        const asked = draft;
        if (!asked || asked.read) return [];
        const answer = await anim.post("text", { ...anim.model.form(), text: asked.text }).catch((told) => ({ problems: anim.faults(told) }));
        if (asked !== draft) return answer.problems; // somebody typed on
        asked.notes = answer.notes || [];
        if (answer.problems.length) {
            if (anim.model.view === "text") anim.model.fault(answer.problems);
        } else {
            anim.model.write(answer);
            Object.assign(asked, { read: true, form: form() });
        }
        return answer.problems;
    }

    /** Wait until the form says what the text says. Rejects with {problems} when the text on the page cannot be read. */
    text.applied = async function () {
        const problems = anim.model.view === "text" ? await check() : [];
        if (problems.length) throw { error: "", problems };
    };

    /** Write above the text what is wrong with it, each with a way to its place, and below it what was mended. */
    text.marks = function () {
        const { seen } = anim.model;
        const wrong = (seen && seen.problems) || [];
        const line = (one) => h("li", {}, h("button", { class: "anim-link", onclick: () => go(one) }, anim.problem(one)), anim.form.place(one.excerpt));
        clear(parts.faults, wrong.length ? h("ul", {}, wrong.map(line)) : null);
        clear(parts.notes, (draft ? draft.notes : []).filter(anim.form.isNews).map((note) => h("p", {}, anim.tell(note))));
    };

    /** Mark the place of a problem in the text, in the middle of what is seen of it. */
    function go(problem) {
        const { area } = parts;
        const [from, to] = place(problem, area.value);
        area.focus();
        area.setSelectionRange(from, to);
        const line = area.value.slice(0, from).split("\n").length;
        area.scrollTop = line * parseFloat(getComputedStyle(area).lineHeight) - area.clientHeight / 2;
    }

    function place(problem, whole) {
        const at = /^line (\d+), column (\d+)$/.exec(problem.place);
        if (!problem.key && at) {
            const before = whole.split("\n").slice(0, at[1] - 1);
            const from = before.join("\n").length + (before.length ? 1 : 0) + Number(at[2]) - 1;
            return [from, from + 1];
        }
        const essential = anim.model.essentials[problem.key];
        const key = JSON.stringify(essential ? essential.writes[0] : problem.key);
        const from = Math.max(0, whole.indexOf(key));
        return [from, from + (whole.startsWith(key, from) ? key.length : 0)];
    }
})();
