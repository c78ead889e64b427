// Masks: what a brush, an eraser and a rectangle do to them, and how they are seen.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as masks from "../../javascript/page/mask.mjs";

const HARD = { size: 4, soft: 0, erase: false };
const at = (x, y) => ({ x, y });
const rows = ({ data, width }) => Array.from({ length: data.length / width }, (_, n) => [...data.slice(n * width, (n + 1) * width)]);

/** A mask of 9x5 after strokes: [from, to, brush]. */
const drawn = (...strokes) => strokes.reduce((mask, [from, to, brush]) => (masks.line(mask, from, to, brush), mask), masks.blank(9, 5));

const MIDDLE = [0, 0, 255, 255, 255, 255, 255, 0, 0];

for (const [name, strokes, row, expected] of [
    ["a dot", [[at(4.5, 2.5), at(4.5, 2.5), HARD]], 2, [0, 0, 128, 255, 255, 255, 128, 0, 0]],
    ["a line", [[at(3.5, 2.5), at(5.5, 2.5), { ...HARD, size: 3 }]], 2, MIDDLE],
    ["nothing beside it", [[at(3.5, 2.5), at(5.5, 2.5), { ...HARD, size: 2 }]], 0, Array(9).fill(0)],
    ["a soft edge", [[at(4.5, 2.5), at(4.5, 2.5), { size: 8, soft: 1, erase: false }]], 2, [32, 96, 159, 223, 255, 223, 159, 96, 32]],
    ["paint that crosses does not add up", [[at(4.5, 2.5), at(4.5, 2.5), { size: 8, soft: 1, erase: false }], [at(4.5, 2.5), at(4.5, 2.5), { size: 8, soft: 1, erase: false }]], 2, [32, 96, 159, 223, 255, 223, 159, 96, 32]],
    ["outside of the mask nothing wraps", [[at(-1, 2.5), at(-1, 2.5), { ...HARD, size: 5 }]], 2, [255, 128, 0, 0, 0, 0, 0, 0, 0]],
    ["an eraser", [[at(0, 2.5), at(9, 2.5), { ...HARD, size: 9 }], [at(4.5, 2.5), at(4.5, 2.5), { ...HARD, size: 1, erase: true }]], 2, [255, 255, 255, 255, 0, 255, 255, 255, 255]],
])
    test(name, () => assert.deepEqual(rows(drawn(...strokes))[row], expected));

test("the box that is returned holds all that has changed, and no more than a pixel around it", () => {
    const mask = masks.blank(40, 30);
    const box = masks.line(mask, at(10, 10), at(20, 12), HARD);
    const changed = [...mask.data.entries()].filter(([, value]) => value).map(([n]) => [n % 40, Math.floor(n / 40)]);
    const [xs, ys] = [0, 1].map((side) => changed.map((point) => point[side]));
    assert.ok(Math.min(...xs) - box.left <= 1 && box.right - 1 - Math.max(...xs) <= 1 && Math.min(...xs) >= box.left && Math.max(...xs) < box.right);
    assert.ok(Math.min(...ys) - box.top <= 1 && box.bottom - 1 - Math.max(...ys) <= 1 && Math.min(...ys) >= box.top && Math.max(...ys) < box.bottom);
});

for (const [box, value, expected] of [
    [{ left: 2, top: 1, right: 7, bottom: 4 }, 255, MIDDLE],
    [{ left: 2.4, top: -5, right: 6.6, bottom: 50 }, 255, MIDDLE],
    [{ left: 7, top: 0, right: 2, bottom: 5 }, 255, Array(9).fill(0)],
])
    test(`a rectangle of ${JSON.stringify(box)}`, () => {
        const mask = masks.blank(9, 5);
        masks.fill(mask, box, value);
        assert.deepEqual(rows(mask)[2], expected);
    });

test("inverted", () => {
    const mask = masks.blank(2, 1);
    mask.data.set([0, 200]);
    masks.invert(mask);
    assert.deepEqual([...mask.data], [255, 55]);
});

test("the share that is painted", () => {
    const mask = masks.blank(4, 2);
    masks.fill(mask, { left: 0, top: 0, right: 1, bottom: 2 }, 255);
    assert.equal(masks.share(mask), 0.25);
});

test("a copy stays as it was", () => {
    const mask = masks.blank(3, 3);
    const before = masks.copy(mask);
    masks.fill(mask, masks.everywhere(mask), 255);
    assert.deepEqual([masks.share(before), masks.share(mask)], [0, 1]);
});

test("a grey picture of a mask is that mask again", () => {
    const mask = drawn([at(2, 2), at(7, 3), { size: 5, soft: 0.7, erase: false }]);
    const colours = new Uint8ClampedArray(4 * mask.data.length);
    masks.grey(mask, colours);
    assert.deepEqual(masks.ofPicture({ ...mask, data: colours }), mask);
});

test("a tint is as opaque as the mask is white, in its box alone", () => {
    const mask = masks.blank(3, 1);
    mask.data.set([255, 100, 255]);
    const colours = new Uint8ClampedArray(12);
    masks.tint(mask, colours, { left: 0, top: 0, right: 2, bottom: 1 });
    assert.deepEqual([3, 7, 11].map((n) => colours[n]), [128, 50, 0]);
    assert.deepEqual([...colours.slice(0, 3)], masks.TINT.slice(0, 3));
});
