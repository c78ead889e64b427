/* The page of sd-webui-anim: what all its parts use, and its start.

   The same files run in a WebUI's tab and in `anim ui`. The page builds itself into #anim_root and is put back there
   whenever the host draws the tab anew, so nothing is lost. All work is done by the routes under anim/. */
(function () {
    "use strict";
    const anim = (window.anim = window.anim || {});

    const PARTS = ["model", "form", "pickers", "essentials", "settings", "text", "stage", "screen", "compare", "films", "curves"];

    let words = {}; // ours, where the host's own dictionary has no part of it
    const dictionaries = () => [words, window.localization || {}]; // hosts keep theirs there
    const entry = (text) => dictionaries().find((one) => Object.hasOwn(one, text))?.[text];

    /** The text in the reader's language; `{name}` is filled in. */
    anim.t = function (text, values) {
        const said = entry(text) || text;
        return said.replace(/\{(\w+)\}/g, (whole, name) => (values && name in values ? values[name] : whole));
    };

    /** A word that means something else on a host's other pages: its entry is `word (of)`, else that of the word alone. */
    anim.word = (word, of) => entry(`${word} (${of})`) || anim.t(word);

    /** What the program says in English, in the reader's language: by its own entry, or by one with blanks that fits.
        In a blank `{n}` stands a number, in `{said}` what is told in its turn, in others anything. */
    anim.tell = function (text) {
        if (entry(text)) return anim.t(text);
        patterns = patterns || dictionaries().flatMap(Object.keys).filter((known) => BLANK.test(known)).map(pattern).sort((a, b) => b.own - a.own);
        for (const { text: known, blanks, fits } of patterns) {
            const found = fits.exec(text);
            const held = (name, k) => [name, name === "said" ? anim.tell(found[k + 1]) : found[k + 1]];
            if (found) return anim.t(known, Object.fromEntries(blanks.map(held)));
        }
        return text;
    };

    const BLANK = /\{\w+\}/;
    let patterns = null; // the entries with blanks, those with most words of their own first
    function pattern(text) {
        const pieces = text.split(/\{(\w+)\}/); // texts, and between them the blanks' names
        const takes = (name) => (name === "n" ? "(-?\\d[\\d.]*)" : "(.+?)");
        const plain = (piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
        const fits = new RegExp("^" + pieces.map((piece, k) => (k % 2 ? takes(piece) : plain(piece))).join("") + "$", "s");
        return { text, fits, blanks: pieces.filter((_, k) => k % 2), own: text.replace(/\{\w+\}/g, "").length };
    }

    /** A problem as one line: the setting, the place in it, what is wrong, what to do. */
    anim.problem = function ({ key, place, reason, remedy, text }) {
        if (!reason) return anim.tell(text);
        const told = (...parts) => parts.filter(Boolean).map(anim.tell);
        const where = [key, ...told(place)].filter(Boolean).join(", ");
        return (where && where + ": ") + told(reason, remedy).join("; ");
    };

    /** An element: h("button", {id, class, onclick, ...}, children). Texts are set as texts, never as markup. */
    anim.h = function (tag, props, ...children) {
        const [name, space] = tag.split("|");
        const node = space ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
        for (const [key, value] of Object.entries(props || {})) {
            if (value === null || value === undefined || value === false) continue;
            if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
            else if (key in node && !space && key !== "list" && key !== "form") node[key] = value;
            else node.setAttribute(key === "className" ? "class" : key, value === true ? "" : value);
        }
        node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
        return node;
    };

    anim.clear = function (node, ...children) {
        node.replaceChildren(...children.flat(Infinity).filter(Boolean));
        return node;
    };

    anim.later = function (work, milliseconds) {
        let timer = 0;
        return (...values) => {
            clearTimeout(timer);
            timer = setTimeout(() => work(...values), milliseconds);
        };
    };

    anim.url = function (path) {
        const page = document.location.href.replace(/[?#].*$/, "").replace(/[^/]*$/, "");
        return new URL("anim/" + path, page).href;
    };

    /** Ask a route. Rejects with {error, problems} when it refuses, or when nobody answers. */
    anim.ask = async function (path, body, type) {
        const posted = body !== undefined;
        let answer;
        try {
            answer = await fetch(anim.url(path), {
                method: posted ? "POST" : "GET",
                headers: posted ? { "X-Anim": "1", "Content-Type": type || "application/json" } : {},
                body: posted ? (type ? body : JSON.stringify(body)) : undefined,
                credentials: "same-origin",
                cache: "no-store",
            });
        } catch (error) {
            throw { error: anim.t("No answer from the program. Is it still running?"), problems: [], gone: true };
        }
        if (!answer.ok) {
            const told = await answer.json().catch(() => ({}));
            throw { error: told.error ? anim.tell(told.error) : answer.status + " " + answer.statusText, problems: told.problems || [], status: answer.status };
        }
        return answer;
    };
    anim.get = async (path) => (await anim.ask(path)).json();
    anim.post = async (path, body) => (await anim.ask(path, body)).json();

    /** 130 -> "2:10", 3700 -> "1:01:40" */
    anim.clock = function (seconds) {
        const s = Math.max(0, Math.round(seconds));
        const two = (n) => String(n).padStart(2, "0");
        const hours = Math.floor(s / 3600);
        return hours ? hours + ":" + two(Math.floor(s / 60) % 60) + ":" + two(s % 60) : Math.floor(s / 60) + ":" + two(s % 60);
    };

    /** 130 -> "2 min", 20 -> "20 s": for what is only known roughly. */
    anim.about = function (seconds) {
        if (seconds < 90) return anim.t("{n} s", { n: Math.max(1, Math.round(seconds)) });
        if (seconds < 5400) return anim.t("{n} min", { n: Math.round(seconds / 60) });
        return anim.t("{n} h", { n: Math.round(seconds / 360) / 10 });
    };

    /** The problems that a refusal names; one without a field when it names none. */
    anim.faults = (told) => (told.problems.length ? told.problems : [{ key: "", place: "", text: told.error }]);

    /** A small choice that outlives the page; `fallback` where nothing was kept, or nothing can be. */
    anim.recall = function (name, fallback) {
        try {
            return localStorage.getItem("anim." + name) || fallback;
        } catch (error) {
            return fallback;
        }
    };
    anim.remember = function (name, value) {
        try {
            localStorage.setItem("anim." + name, value);
        } catch (error) {
            // nothing depends on it
        }
    };

    /** Buttons of which one is chosen: {value: label}; `take` is told the value. */
    anim.choice = function (id, labels, chosen, take) {
        const group = anim.h("div", { id, class: "anim-choice anim-small", role: "radiogroup" });
        for (const [value, label] of Object.entries(labels)) {
            const onclick = () => (anim.choose(group, value), take(value));
            group.append(anim.h("button", { id: id + "_" + value, role: "radio", "data-value": value, onclick }, label));
        }
        anim.choose(group, chosen);
        return group;
    };
    anim.choose = function (group, value) {
        for (const button of group.children) button.setAttribute("aria-checked", String(button.dataset.value === value));
    };

    /** Put a picture or film into a place as soon as it can be seen, so that nothing flickers. False when it cannot, or
        when something else came meanwhile. */
    anim.swap = async function (place, node) {
        place.coming = node;
        const seen = node.decode ? node.decode() : playable(node);
        const there = await seen.then(() => true, () => false);
        if (!there || place.coming !== node) return false;
        anim.clear(place, node);
        return true;
    };

    /** Until a film can be played; one of a single picture, still growing, has no length and never ends. */
    function playable(film) {
        return new Promise((done, fail) => {
            film.onloadeddata = () => (film.duration > 0 ? done() : fail());
            film.onerror = fail;
            if (film.controls) setTimeout(done, 5000); // phones load nothing that is not on the page; there it can be started
        });
    }

    anim.visible = () => Boolean(anim.root && anim.root.isConnected && anim.root.offsetParent);

    /** Build the page once; put it into the host's placeholder whenever there is a new one. */
    function place() {
        if (!PARTS.every((part) => anim[part])) {
            setTimeout(place, 30); // the other files are still on their way
            return;
        }
        const host = document.getElementById("anim_root");
        if (!host || (anim.root && anim.root.parentNode === host)) return;
        if (!anim.root) {
            anim.root = anim.h("div", { class: "anim" });
            anim.start().catch((told) => {
                anim.clear(anim.root, anim.h("p", { class: "anim-fault" }, told.error || String(told)));
            });
        }
        host.replaceChildren(anim.root);
    }

    anim.start = async function () {
        anim.clear(anim.root, anim.h("p", { class: "anim-quiet anim-wait" }, anim.t("Loading…")));
        const described = await anim.get("form");
        words = described.words;
        anim.model.begin(described);
        anim.clear(
            anim.root,
            anim.h("div", { class: "anim-left" }, anim.form.build()),
            anim.h("div", { class: "anim-right" }, anim.stage.build(), anim.curves.build(), anim.films.build()),
        );
        follow(anim.root.lastChild);
        anim.model.look();
        anim.films.refresh(true);
        anim.pickers.begin();
        document.addEventListener("keydown", keys, true);
    };

    /** A column that stays in sight while the other one is scrolled; one higher than the window ends at its foot. */
    function follow(column) {
        const set = () => (column.style.top = Math.min(12, window.innerHeight - column.offsetHeight - 12) + "px");
        new ResizeObserver(set).observe(column);
        window.addEventListener("resize", set);
    }

    function keys(event) {
        if (!anim.visible()) return;
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            event.stopPropagation();
            anim.stage.begin("film", true);
        } else if (event.key === "Escape") {
            const busy = [anim.compare, anim.stage].find((part) => part.stoppable());
            if (!busy) return;
            event.preventDefault();
            event.stopPropagation(); // AUTOMATIC1111's own keys break on tabs without an interrupt button
            busy.stop();
        }
    }

    let due = 0;
    function soon() {
        due = due || setTimeout(() => ((due = 0), place()), 30);
    }
    new MutationObserver(soon).observe(document.documentElement, { childList: true, subtree: true });
    document.addEventListener("DOMContentLoaded", place);
    if (document.readyState !== "loading") setTimeout(place, 0);
})();
