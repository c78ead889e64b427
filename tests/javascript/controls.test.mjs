// What a field is given: the kind of a file, and the order of pictures that become a folder.
import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.window = {};
const { inOrder, kindOf } = await import("../../javascript/page/controls.mjs");

const ALL = ["picture", "video", "poses", "folder"];
for (const [name, type, kinds, kind] of [
    ["a.png", "image/png", ALL, "picture"],
    ["a.mp4", "video/mp4", ALL, "video"],
    ["a.MKV", "", ALL, "video"],
    ["walk.json", "application/json", ALL, "poses"],
    ["walk.JSON", "", ALL, "poses"],
    ["walk.json", "application/json", ["picture", "video", "folder"], "picture"],
    ["walk.json", "application/json", ["sound"], "sound"],
    ["a", "", ALL, "picture"],
]) {
    test(`${name} of type "${type}" is a ${kind} for ${kinds}`, () => assert.equal(kindOf({ name, type }, kinds), kind));
}

test("numbers in names count by value, and the given list stays as it was", () => {
    const files = ["b1", "a10.png", "a2.png", "A1.png"].map((name) => ({ name }));
    assert.deepEqual(inOrder(files).map((file) => file.name), ["A1.png", "a2.png", "a10.png", "b1"]);
    assert.equal(files[0].name, "b1");
});
