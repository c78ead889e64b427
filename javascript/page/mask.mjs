// @ts-check
/* A mask as numbers, 0 kept .. 255 painted, one a pixel; drawing changes it in place. No page. */

/**
 * @typedef {{ width: number, height: number, data: Uint8ClampedArray }} Mask `data` has its rows from the top
 * @typedef {{ x: number, y: number }} Point in pixels; the middle of the first pixel is (0.5, 0.5)
 * @typedef {{ left: number, top: number, right: number, bottom: number }} Box in pixels; right and bottom are outside of it
 * @typedef {{ size: number, soft: number, erase: boolean }} Brush a diameter in pixels, the soft part of the radius 0..1
 */

/** Where a mask is painted, as the preview shows it: red, green, blue, and the opacity of white. */
export const TINT = /** @type {const} */ ([255, 0, 144, 0.5]);

/**
 * @param {number} width
 * @param {number} height
 * @returns {Mask}
 */
export const blank = (width, height) => ({ width, height, data: new Uint8ClampedArray(width * height) });

/**
 * @param {Mask} mask
 * @returns {Mask}
 */
export const copy = (mask) => ({ ...mask, data: mask.data.slice() });

/** @param {Mask} mask */
export const everywhere = ({ width, height }) => ({ left: 0, top: 0, right: width, bottom: height });

/**
 * Draw a line with a brush. Its paint does not add up where it crosses itself.
 * @param {Mask} mask
 * @param {Point} from
 * @param {Point} to
 * @param {Brush} brush
 * @returns {Box} that has changed
 */
export function line(mask, from, to, brush) {
    const radius = brush.size / 2;
    const edge = Math.max(radius * brush.soft, 1);
    const box = clipped(mask, around(from, to, radius + 1));
    for (let y = box.top; y < box.bottom; y++) {
        for (let x = box.left; x < box.right; x++) {
            const paint = (255 * (radius + 0.5 - distance({ x: x + 0.5, y: y + 0.5 }, from, to))) / edge;
            const at = y * mask.width + x;
            mask.data[at] = brush.erase ? Math.min(mask.data[at], 255 - paint) : Math.max(mask.data[at], paint);
        }
    }
    return box;
}

/**
 * Fill a rectangle.
 * @param {Mask} mask
 * @param {Box} box
 * @param {number} value 0..255
 */
export function fill(mask, box, value) {
    const { left, top, right, bottom } = clipped(mask, box);
    for (let y = top; y < bottom; y++) mask.data.fill(value, y * mask.width + left, y * mask.width + Math.max(left, right));
}

/** @param {Mask} mask */
export function invert({ data }) {
    for (let at = 0; at < data.length; at++) data[at] = 255 - data[at];
}

/**
 * The share of the picture that is painted, 0..1.
 * @param {Mask} mask
 */
export const share = ({ data }) => data.reduce((sum, value) => sum + value, 0) / (255 * data.length);

/**
 * The mask in the brightness of a picture.
 * @param {{ width: number, height: number, data: Uint8ClampedArray }} picture red, green, blue, opacity of each pixel
 * @returns {Mask}
 */
export function ofPicture({ width, height, data }) {
    const mask = blank(width, height);
    for (let at = 0; at < mask.data.length; at++) mask.data[at] = 0.299 * data[4 * at] + 0.587 * data[4 * at + 1] + 0.114 * data[4 * at + 2];
    return mask;
}

/**
 * Write the colours of a mask as a grey picture, without transparency.
 * @param {Mask} mask
 * @param {Uint8ClampedArray} colours
 */
export function grey({ data }, colours) {
    for (let at = 0; at < data.length; at++) colours.set([data[at], data[at], data[at], 255], 4 * at);
}

/**
 * Write the colours of a part of a mask as a tint to be laid over a picture.
 * @param {Mask} mask
 * @param {Uint8ClampedArray} colours
 * @param {Box} box
 */
export function tint(mask, colours, box) {
    const [red, green, blue, opacity] = TINT;
    for (let y = box.top; y < box.bottom; y++) {
        for (let at = y * mask.width + box.left; at < y * mask.width + box.right; at++) {
            colours[4 * at] = red;
            colours[4 * at + 1] = green;
            colours[4 * at + 2] = blue;
            colours[4 * at + 3] = mask.data[at] * opacity;
        }
    }
}

/**
 * The distance of a point from a line between two others.
 * @param {Point} point
 * @param {Point} from
 * @param {Point} to
 */
function distance(point, from, to) {
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const along = ((point.x - from.x) * dx + (point.y - from.y) * dy) / (dx * dx + dy * dy || 1);
    const share = Math.min(Math.max(along, 0), 1);
    return Math.hypot(point.x - from.x - share * dx, point.y - from.y - share * dy);
}

/**
 * @param {Point} from
 * @param {Point} to
 * @param {number} margin
 * @returns {Box}
 */
const around = (from, to, margin) => ({
    left: Math.min(from.x, to.x) - margin,
    top: Math.min(from.y, to.y) - margin,
    right: Math.max(from.x, to.x) + margin,
    bottom: Math.max(from.y, to.y) + margin,
});

/**
 * The whole pixels of a box that are in the mask.
 * @param {Mask} mask
 * @param {Box} box
 * @returns {Box}
 */
function clipped({ width, height }, box) {
    const within = (/** @type {number} */ value, /** @type {number} */ most) => Math.min(Math.max(Math.round(value), 0), most);
    return { left: within(box.left, width), top: within(box.top, height), right: within(box.right, width), bottom: within(box.bottom, height) };
}
