// The brush: what a pen does to it, the size of a mask, and a rectangle in percent.
import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.window = {};
const { boxOf, sized } = await import("../../javascript/page/brush.mjs");
const { pressed } = await import("../../javascript/page/easel.mjs");

const BRUSH = { size: 40, soft: 0.5, erase: false };
const PEN = { pointerType: "pen", pressure: 0.5, buttons: 1 };

for (const [name, event, changed] of [
    ["a mouse", { pointerType: "mouse", pressure: 0.5, buttons: 1 }, {}],
    ["a finger", { pointerType: "touch", pressure: 1, buttons: 1 }, {}],
    ["a pen that is pressed by a half", PEN, { size: 25 }],
    ["a pen that is pressed fully", { ...PEN, pressure: 1 }, {}],
    ["a pen that does not say how it is pressed", { ...PEN, pressure: 0 }, {}],
    ["the other end of a pen", { ...PEN, pressure: 1, buttons: 32 }, { erase: true }],
])
    test(name, () => assert.deepEqual(pressed(BRUSH, event), { ...BRUSH, ...changed }));

for (const [film, mask] of [
    [[448, 768], [448, 768]],
    [[4096, 2048], [2048, 1024]],
    [[8192, 8], [2048, 2]],
])
    test(`the mask of a film of ${film}`, () => assert.deepEqual(sized(film), mask));

test("a rectangle in percent", () => {
    assert.deepEqual(boxOf([25, 10, 50, 80], { width: 200, height: 100 }), { left: 50, top: 10, right: 150, bottom: 90 });
});
