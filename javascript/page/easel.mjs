// @ts-check
/* The easel: a picture with a mask over it, which is drawn with a mouse, a finger, a pen or the arrow keys. */
import { h } from "./dom.mjs";
import * as masks from "./mask.mjs";
import { stack } from "./undo.mjs";

/**
 * @typedef {masks.Mask} Mask
 * @typedef {masks.Point} Point
 * @typedef {{ brush: () => masks.Brush, changed: () => void, lowered: (down: boolean) => void }} Painter what is drawn with, and what is told of it
 */

const STATES = 40; // to go back to
const PEN_ERASER = 32; // in the buttons of a pointer that is turned around
const LIGHTEST = 0.25; // the share of the size that a pen without pressure has
const STEP = 0.25; // of the brush's size, for an arrow key
const ARROWS = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] });

export class Easel {
    /** @type {Point | null} */
    #last = null; // of the line that is being drawn by a pointer
    #down = false; // whether the arrow keys draw
    edited = false;
    #states = /** @type {ReturnType<typeof stack<Mask>>} */ (stack(STATES));

    /**
     * @param {number} width
     * @param {number} height
     * @param {Painter} painter
     * @param {import("./dom.mjs").Props} props of what is drawn on
     */
    constructor(width, height, painter, props) {
        this.painter = painter;
        this.mask = masks.blank(width, height);
        this.cursor = { x: width / 2, y: height / 2 }; // of the arrow keys
        this.backdrop = h("canvas", { width, height });
        this.sheet = h("canvas", { width, height, tabIndex: 0, role: "application", ...props, ...this.#listeners() });
        this.ring = h("i", { class: "anim-ring", hidden: true });
        this.node = h("div", { class: "anim-easel" }, this.backdrop, this.sheet, this.ring);
        this.node.style.setProperty("--anim-ratio", String(width / height));
        this.image = new ImageData(width, height);
    }

    /**
     * Change the mask, as one step to take back.
     * @param {(mask: Mask) => void} work
     */
    edit(work) {
        this.#record();
        work(this.mask);
        this.replace(this.mask);
    }

    undo() {
        this.replace(this.#states.back(this.mask));
    }

    redo() {
        this.replace(this.#states.forth(this.mask));
    }

    /** @param {Mask | undefined} mask the one to go on with; none leaves it as it is */
    replace(mask) {
        if (!mask) return;
        this.mask = mask;
        this.#draw(masks.everywhere(mask));
        this.painter.changed();
    }

    /** @param {CanvasImageSource | null} picture to be painted over */
    show(picture) {
        const { width, height } = this.mask;
        const context = this.backdrop.getContext("2d");
        context?.clearRect(0, 0, width, height);
        if (picture) context?.drawImage(picture, 0, 0, width, height);
    }

    #listeners() {
        return {
            onpointerdown: (/** @type {PointerEvent} */ event) => this.#begin(event),
            onpointermove: (/** @type {PointerEvent} */ event) => this.#drag(event),
            onpointerup: () => this.#end(),
            onpointercancel: () => this.#end(),
            onpointerleave: () => (this.ring.hidden = true),
            onkeydown: (/** @type {KeyboardEvent} */ event) => this.#press(event),
            onfocus: () => this.sheet.matches(":focus-visible") && this.#circle(this.cursor),
            onblur: () => ((this.ring.hidden = true), this.#down && this.#lower(false)),
        };
    }

    #record() {
        this.edited = true;
        this.#states.record("", masks.copy(this.mask));
    }

    /** @param {masks.Box} box that has changed */
    #draw({ left, top, right, bottom }) {
        masks.tint(this.mask, this.image.data, { left, top, right, bottom });
        this.sheet.getContext("2d")?.putImageData(this.image, 0, 0, left, top, right - left, bottom - top);
    }

    /**
     * @param {Point} from
     * @param {Point} to
     * @param {masks.Brush} brush
     */
    #line(from, to, brush) {
        this.#draw(masks.line(this.mask, from, to, brush));
    }

    /**
     * Show the size of the brush at a point.
     * @param {Point} point
     */
    #circle({ x, y }) {
        const share = this.sheet.clientWidth / this.mask.width;
        Object.assign(this.ring.style, { left: x * share + "px", top: y * share + "px", width: this.painter.brush().size * share + "px" });
        this.ring.hidden = false;
    }

    /**
     * @param {PointerEvent} event
     * @returns {Point} where it is in the mask
     */
    #place({ clientX, clientY }) {
        const box = this.sheet.getBoundingClientRect();
        return { x: ((clientX - box.left) * this.mask.width) / box.width, y: ((clientY - box.top) * this.mask.height) / box.height };
    }

    /** @param {PointerEvent} event */
    #begin(event) {
        if (!event.isPrimary || ![1, PEN_ERASER].includes(event.buttons)) return;
        this.sheet.setPointerCapture(event.pointerId);
        this.#record();
        this.#last = this.#place(event);
        this.#drag(event);
    }

    /** @param {PointerEvent} event */
    #drag(event) {
        if (!event.isPrimary) return;
        this.#circle(this.#place(event));
        const all = event.getCoalescedEvents?.() || [];
        for (const one of all.length ? all : [event]) {
            if (!this.#last) return;
            const point = this.#place(one);
            this.#line(this.#last, point, pressed(this.painter.brush(), one));
            this.#last = point;
        }
    }

    #end() {
        if (this.#last) this.painter.changed();
        this.#last = null;
    }

    /** @param {KeyboardEvent} event */
    #press(event) {
        const way = ARROWS[event.key];
        if (event.ctrlKey || event.metaKey || event.altKey || !(way || event.key === " ")) return;
        event.preventDefault();
        if (way) this.#walk(way, event.shiftKey ? 4 : 1);
        else if (!event.repeat) this.#lower(!this.#down);
    }

    /**
     * Move the cursor, and draw if the brush is down.
     * @param {[number, number]} way
     * @param {number} steps
     */
    #walk([dx, dy], steps) {
        const step = Math.max(this.painter.brush().size * STEP, 1) * steps;
        const next = { x: within(this.cursor.x + dx * step, this.mask.width), y: within(this.cursor.y + dy * step, this.mask.height) };
        if (this.#down) this.#line(this.cursor, next, this.painter.brush());
        this.cursor = next;
        this.#circle(next);
    }

    /** @param {boolean} down whether the arrow keys draw from now on */
    #lower(down) {
        if (down) this.#record();
        if (down) this.#line(this.cursor, this.cursor, this.painter.brush());
        this.#down = down;
        this.painter.lowered(down);
    }
}

/**
 * A brush as a pen's pressure and its other end have it.
 * @param {masks.Brush} brush
 * @param {PointerEvent} event
 * @returns {masks.Brush}
 */
export function pressed(brush, { pointerType, pressure, buttons }) {
    if (pointerType !== "pen") return brush;
    const share = pressure ? LIGHTEST + (1 - LIGHTEST) * pressure : 1;
    return { ...brush, size: brush.size * share, erase: brush.erase || Boolean(buttons & PEN_ERASER) };
}

/**
 * A mask in the brightness of a picture, stretched to a size.
 * @param {CanvasImageSource} picture
 * @param {number} width
 * @param {number} height
 */
export function read(picture, width, height) {
    const canvas = h("canvas", { width, height });
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
    context.drawImage(picture, 0, 0, width, height);
    return masks.ofPicture(context.getImageData(0, 0, width, height));
}

/**
 * @param {Mask} mask
 * @returns {Promise<File>} a grey PNG
 */
export function write(mask) {
    const canvas = h("canvas", { width: mask.width, height: mask.height });
    const image = new ImageData(mask.width, mask.height);
    masks.grey(mask, image.data);
    canvas.getContext("2d")?.putImageData(image, 0, 0);
    return new Promise((done) => canvas.toBlob((blob) => done(new File(blob ? [blob] : [], "mask.png", { type: "image/png" })), "image/png"));
}

/**
 * @param {number} value
 * @param {number} most
 */
const within = (value, most) => Math.min(Math.max(value, 0), most);
