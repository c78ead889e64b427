// Pictures by frame: where new ones stand, and what a text of the setting holds.
import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.window = {};
const { read, spread } = await import("../../javascript/page/frame_pictures.mjs");

for (const [taken, count, length, frames] of [
    [[], 1, 60, [0]],
    [[], 3, 60, [0, 20, 40]],
    [[0], 1, 60, [30]],
    [[0, 30], 2, 60, [40, 50]],
    [[59], 2, 60, [60, 61]], // no room: one frame after the other
    [[], 3, 1, [0, 1, 2]],
])
    test(`${count} after ${taken} of ${length}`, () => assert.deepEqual(spread(taken, count, length), frames));

for (const [text, places] of [
    ["", []],
    ["[1]", []],
    ['{"0": ', []],
    ['{"0": "a", "max_f/2": "b"}', [["0", "a"], ["max_f/2", "b"]]],
])
    test(`read ${text}`, () => assert.deepEqual(read(text), places));
