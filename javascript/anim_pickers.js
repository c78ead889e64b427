/* The pickers under a box of prompts: the LoRAs and styles that the painter has, by name. */
(function () {
    "use strict";
    const anim = (window.anim = window.anim || {});
    const { h, t, clear } = anim;
    const pickers = (anim.pickers = {});
    let known = { loras: [], styles: [] };
    let box = null; // the box that is shown, with its pickers

    // of a box: where its prompts end, and what is to be avoided
    const BOXES = {
        scenes: { ends: /\s*(--neg\b.*)?$/, avoid: "anim_avoid" },
        prompts: { ends: /\s*(--neg\b[^"\n]*)?("[\s,}\]]*)?$/, avoid: "anim_animation_prompts_negative" },
    };

    /** Ask for the names; where the painter has none, nothing is shown. */
    pickers.begin = async function () {
        known = await anim.get("palette").catch(() => known);
        fill();
    };

    pickers.build = function (name, area) {
        box = { name, area, node: h("div", { class: "anim-pickers" }) };
        fill();
        return box.node;
    };

    function fill() {
        if (!box) return;
        const panel = h("div", { class: "anim-picking", hidden: true });
        const open = (kind, event) => {
            const shut = event.currentTarget.getAttribute("aria-expanded") === "true";
            for (const button of event.currentTarget.parentNode.children) button.setAttribute("aria-expanded", String(button === event.currentTarget && !shut));
            panel.hidden = shut;
            if (!shut) list(panel, known[kind], PICK[kind]);
        };
        const button = (kind, label, help) =>
            known[kind].length ? h("button", { class: "anim-button", id: "anim_pick_" + kind, title: help, "aria-expanded": "false", onclick: (event) => open(kind, event) }, label) : null;
        const buttons = [
            button("loras", "LoRA", t("Goes into the prompt where the cursor is")),
            button("styles", t("Styles"), t("Goes round every prompt; what it avoids goes to Avoid")),
        ].filter(Boolean);
        clear(box.node, buttons.length ? [h("div", { class: "anim-files" }, buttons), panel] : []);
    }

    /** Names to click, found by a part of them. */
    function list(panel, names, pick) {
        const rows = names.map((name) => h("button", { class: "anim-pick", title: name, onclick: () => pick(name) }, name));
        const seek = () => {
            const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
            for (const row of rows) row.hidden = !words.every((word) => row.title.toLowerCase().includes(word));
        };
        const search = h("input", { type: "search", placeholder: t("Search by name"), "aria-label": t("Search by name"), oninput: seek });
        clear(panel, search, h("div", { class: "anim-names" }, rows));
        search.focus();
    }

    const PICK = { loras: (name) => put(`<lora:${name}:1>`), styles: lay };

    /** Put a tag behind the words of the prompt that the cursor is in. */
    function put(tag) {
        const { name, area } = box;
        const quoted = name === "prompts" && /^\s*[{[]/.test(area.value); // prompts as JSON
        const line = area.value.indexOf("\n", area.selectionStart);
        const upTo = area.value.slice(0, line < 0 ? undefined : line);
        const prompt = quoted && !upTo.includes(":") ? area.value : upTo; // the cursor stands before all prompts
        const place = prompt.replace(BOXES[quoted ? "prompts" : "scenes"].ends, "").length;
        const text = quoted ? JSON.stringify(tag).slice(1, -1) : tag;
        area.setRangeText(/[^\s"]$/.test(prompt.slice(0, place)) ? " " + text : text, place, place, "end");
        area.focus();
        area.dispatchEvent(new Event("input"));
    }

    async function lay(style) {
        const { name, area } = box;
        const avoid = document.getElementById(BOXES[name].avoid);
        try {
            const laid = await anim.post("style", { name: style, box: name, text: area.value, avoid: avoid.value });
            write(area, laid.text);
            write(avoid, laid.avoid);
        } catch (told) {
            anim.form.tell([told.error], true);
        }
    }

    function write(control, text) {
        if (control.value === text) return;
        control.value = text;
        control.dispatchEvent(new Event("input"));
    }
})();
