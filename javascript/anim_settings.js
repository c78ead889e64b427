/* All settings: the settings table in its groups, searched by label and by key. */
(function () {
    "use strict";
    const anim = (window.anim = window.anim || {});
    const { h, t } = anim;
    const settings = (anim.settings = {});
    let rows = {};
    let groups = [];
    let sought = "";
    const open = new Set(["Run", "Prompts", "Motion"]);

    settings.build = function () {
        rows = {};
        groups = anim.model.described.groups.map(group);
        const search = h("input", { type: "search", id: "anim_search", placeholder: t("Search settings"), value: sought, oninput: () => ((sought = search.value), seek()) });
        const none = h("p", { class: "anim-quiet anim-none", hidden: true }, t("No setting has that in its name."));
        const view = h("div", { class: "anim-all" }, search, groups.map((one) => one.node), none);
        settings.none = none;
        seek();
        return view;
    };

    function group(described) {
        const fields = described.fields.map((field) => {
            const node = row(field);
            rows[field.key] = { field, node };
            return { field, node };
        });
        const node = h("details", { open: open.has(described.name) }, h("summary", {}, t(described.name), h("span", { class: "anim-count" })), fields.map((one) => one.node));
        node.addEventListener("toggle", () => {
            if (!sought) open[node.open ? "add" : "delete"](described.name);
        });
        return { node, fields, name: described.name };
    }

    function seek() {
        const words = sought.toLowerCase().split(/\s+/).filter(Boolean);
        let any = false;
        for (const one of groups) {
            let some = false;
            for (const { field, node } of one.fields) {
                const text = [field.key, field.label, anim.word(field.label, field.key), field.help, t(field.help)].join(" ").toLowerCase();
                node.hidden = !words.every((word) => text.includes(word));
                some = some || !node.hidden;
            }
            one.node.hidden = !some;
            one.node.open = words.length ? some : open.has(one.name);
            any = any || some;
        }
        settings.none.hidden = any;
    }

    /** Show which settings were changed, and the values that the others have now. */
    settings.marks = function () {
        const { model } = anim;
        for (const { field, node } of Object.values(rows)) {
            node.classList.toggle("anim-changed", field.key in model.changes);
            node.classList.toggle("anim-resting", Boolean(model.seen && (model.seen.resting || []).includes(field.key)));
            const control = node.querySelector("[data-control]");
            if (control && !(field.key in model.changes) && document.activeElement !== control) write(control, field, model.value(field.key));
        }
        for (const [key, hint] of Object.entries((model.seen && model.seen.hints) || {})) {
            if (rows[key]) rows[key].node.querySelector(".anim-against").textContent = hint ? t(hint) : "";
        }
        for (const one of groups) {
            const many = one.fields.filter(({ field }) => field.key in model.changes).length;
            one.node.querySelector("summary .anim-count").textContent = many || "";
        }
    };

    function row(field) {
        const back = h("button", { class: "anim-back", title: t("Back to what it was"), onclick: () => anim.model.reset(field.key) }, "↺");
        return anim.form.row(field.key, field.label, field.help, control(field), h("span", { class: "anim-key" }, h("code", {}, field.key), back));
    }

    function control(field) {
        const value = anim.model.value(field.key);
        const props = { id: "anim_" + field.key, "data-control": "1" };
        const take = (read) => (event) => anim.model.change(field.key, read(event.target));
        if (["path", "sound", "video"].includes(field.kind)) {
            const remove = () => {
                anim.model.change(field.key, "");
                if (field.kind === "sound") anim.model.change("add_soundtrack", "None");
                anim.model.show("all");
            };
            return anim.form.given(field.kind === "path" ? "picture" : field.kind, field.key, value, remove);
        }
        if (field.kind === "switch") {
            const box = h("input", { ...props, type: "checkbox", checked: Boolean(value), onchange: take((node) => node.checked) });
            return h("label", { class: "anim-switch" }, box, h("span", {}, t("On")));
        }
        if (field.kind === "choice") {
            const choices = field.choices.includes(value) ? field.choices : [value, ...field.choices];
            return h("select", { ...props, onchange: take((node) => node.value) }, choices.map((one) => h("option", { value: one, selected: one === value }, anim.word(one, field.key))));
        }
        if (field.kind === "integer" || field.kind === "number") {
            const step = field.kind === "integer" ? 1 : "any";
            return h("input", { ...props, type: "number", step, value: shown(field, value), oninput: take((node) => (node.value === "" ? "" : Number(node.value))) });
        }
        if (field.kind === "schedule" || field.kind === "texts") {
            const focus = () => field.kind === "schedule" && anim.model.want(field.key);
            return anim.form.area({ ...props, class: "anim-code", value: shown(field, value), oninput: take((node) => node.value), onfocus: focus }, 1);
        }
        if (field.kind === "prompts") {
            const area = anim.form.area({ ...props, class: "anim-code", value: shown(field, value), oninput: take((node) => node.value) }, 4);
            return [area, anim.pickers.build("prompts", area)];
        }
        if (field.known) {
            const list = h("datalist", { id: "anim_known_" + field.key }, field.known.map((one) => h("option", { value: one })));
            return h("span", { class: "anim-combo" }, h("input", { ...props, type: "text", list: list.id, value: shown(field, value), oninput: take((node) => node.value) }), list);
        }
        return anim.form.area({ ...props, value: shown(field, value), oninput: take((node) => node.value) }, 1);
    }

    function shown(field, value) {
        if (value === null || value === undefined) return "";
        return typeof value === "object" ? JSON.stringify(value, null, 1) : String(value);
    }

    function write(control, field, value) {
        if (control.type === "checkbox") control.checked = Boolean(value);
        else if (control.value !== shown(field, value)) control.value = shown(field, value);
    }
})();
