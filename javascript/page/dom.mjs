// @ts-check
/* DOM helpers: elements, choices, replacing pictures without flicker. */

/** @typedef {Node | string | number | null | undefined | false | readonly any[]} Child that is shown; lists are flattened */
/** @typedef {Record<string, any>} Props */

/**
 * Create an element: h("button", {id, class, onclick, ...}, children). Texts are never parsed as markup.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Props} [props]
 * @param {Child[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, props = {}, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of set(props)) {
        if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
        else if (key in node && key !== "list" && key !== "form") Object.assign(node, { [key]: value });
        else node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...shown(children));
    return node;
}

/**
 * Create an SVG element.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} props
 * @param {Child[]} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function s(tag, props, ...children) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of set(props)) node.setAttribute(key, String(value));
    node.append(...shown(children));
    return node;
}

/** @param {Props} props */
const set = (props) => Object.entries(props).filter(([, value]) => value !== null && value !== undefined && value !== false);

/**
 * @param {Child[]} children
 * @returns {(Node | string)[]}
 */
function shown(children) {
    const all = /** @type {any[]} */ (children).flat(Infinity);
    return all.filter((child) => child !== null && child !== undefined && child !== false);
}

/**
 * Replace the children of a node.
 * @template {Element} Place
 * @param {Place} node
 * @param {Child[]} children
 */
export function clear(node, ...children) {
    node.replaceChildren(.../** @type {any[]} */ (children).flat(Infinity).filter(Boolean));
    return node;
}

/**
 * Debounce: run `work` once no call has come for this time.
 * @template {unknown[]} Values
 * @param {(...values: Values) => void} work
 * @param {number} milliseconds
 */
export function later(work, milliseconds) {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    return (/** @type {Values} */ ...values) => {
        clearTimeout(timer);
        timer = setTimeout(() => work(...values), milliseconds);
    };
}

/**
 * A group of radio buttons, {value: label}; `take` is called with the chosen value.
 * @param {string} id
 * @param {string} name that a screen reader says
 * @param {Record<string, string>} labels
 * @param {string} chosen
 * @param {(value: string) => void} take
 */
export function choice(id, name, labels, chosen, take) {
    const group = radios({ id, class: "anim-choice anim-small", "aria-label": name });
    for (const [value, label] of Object.entries(labels)) {
        const onclick = () => (choose(group, value), take(value));
        group.append(h("button", { id: id + "_" + value, role: "radio", "data-value": value, onclick }, label));
    }
    choose(group, chosen);
    return group;
}

const STEPS = /** @type {Record<string, number>} */ ({ ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 });

/**
 * A group of radio buttons in which the arrow keys choose, and which Tab reaches at the chosen one.
 * @param {Props} props
 * @param {Child[]} buttons
 */
export function radios(props, ...buttons) {
    const group = h("div", { role: "radiogroup", ...props }, ...buttons);
    group.addEventListener("keydown", (event) => {
        const all = /** @type {HTMLElement[]} */ ([...group.children]);
        const at = all.findIndex((one) => one === document.activeElement);
        if (!(event.key in STEPS) || at < 0) return;
        event.preventDefault();
        const next = all[(at + STEPS[event.key] + all.length) % all.length];
        next.focus();
        next.click();
    });
    const rove = () => {
        const all = /** @type {HTMLElement[]} */ ([...group.children]);
        const chosen = all.find((one) => one.getAttribute("aria-checked") === "true") || all[0];
        for (const one of all) one.tabIndex = one === chosen ? 0 : -1;
    };
    new MutationObserver(rove).observe(group, { subtree: true, childList: true, attributeFilter: ["aria-checked"] });
    rove();
    return group;
}

/**
 * @param {HTMLElement} group
 * @param {string} value
 */
export function choose(group, value) {
    for (const button of /** @type {Iterable<HTMLElement>} */ (group.children)) button.setAttribute("aria-checked", String(button.dataset.value === value));
}

const FIELDS = "input, textarea, select, [contenteditable=''], [contenteditable='true'], dialog";

/**
 * Whether a key was pressed in a field, which has its own use for Escape and Ctrl+Z.
 * @param {KeyboardEvent} event
 */
export function typing(event) {
    const target = event.composedPath()[0];
    return target instanceof Element && target.closest(FIELDS) !== null;
}

/** @type {WeakMap<Element, Element>} */
const coming = new WeakMap(); // place -> the node that is loading for it

/**
 * Show a picture or film in a place once it is loaded, so that nothing flickers. Returns false if it cannot be loaded or
 * another swap came first.
 * @param {HTMLElement} place
 * @param {HTMLImageElement | HTMLVideoElement} node
 */
export async function swap(place, node) {
    coming.set(place, node);
    const seen = node instanceof HTMLImageElement ? node.decode() : playable(node);
    const there = await seen.then(() => true, () => false);
    if (!there || coming.get(place) !== node) return false;
    clear(place, node);
    return true;
}

/**
 * Show these at once; cancel a swap that is still loading.
 * @param {HTMLElement} place
 * @param {Child[]} children
 */
export function settle(place, ...children) {
    coming.delete(place);
    clear(place, ...children);
}

/**
 * Resolve when a film can be played. A growing film of a single picture has no duration and never ends, so it is rejected.
 * @param {HTMLVideoElement} film
 * @returns {Promise<unknown>}
 */
function playable(film) {
    return new Promise((done, fail) => {
        film.onloadeddata = () => (film.duration > 0 ? done(null) : fail());
        film.onerror = fail;
        if (film.controls) setTimeout(done, 5000); // phones load only videos on the page; there the user can start it
    });
}

const REST = 500; // milliseconds

/**
 * Let buttons rest that came under the pointer, so that a click meant for those before them does nothing.
 * @param {HTMLElement} place
 */
export function rest(place) {
    if (!place.matches(":hover")) return;
    place.inert = true;
    setTimeout(() => (place.inert = false), REST);
}
