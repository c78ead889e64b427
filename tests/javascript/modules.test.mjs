// The modules as a whole: imports go one way, all are checked, and WebUIs load one file only.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const FOLDER = new URL("../../javascript/", import.meta.url);
const names = readdirSync(new URL("page/", FOLDER));
const text = (name) => readFileSync(new URL(name, FOLDER), "utf8");
const imported = (name) => [...text("page/" + name).matchAll(/^import .* from "(.*)";$/gm)].map(([, from]) => from.replace("./", ""));

test("WebUIs load each file of javascript/ by itself, and there is one", () => {
    const found = readdirSync(FOLDER, { withFileTypes: true }).filter((one) => one.isFile());
    assert.deepEqual(found.map((one) => one.name), ["anim.mjs"]);
    assert.equal(text("anim.mjs").match(/^import /m), null); // an import beside it would have a second address
});

test("all scripts are checked", () => {
    const unchecked = ["anim.mjs", ...names.map((name) => "page/" + name)].filter((name) => !text(name).startsWith("// @ts-check\n"));
    assert.deepEqual(unchecked, []);
});

test("no two modules import each other", () => {
    let left = new Map(names.map((name) => [name, imported(name)]));
    for (let size = Infinity; left.size && left.size < size; ) {
        size = left.size;
        const free = new Set([...left].filter(([, others]) => !others.some((other) => left.has(other))).map(([name]) => name));
        left = new Map([...left].filter(([name]) => !free.has(name)));
    }
    assert.deepEqual([...left.keys()], []);
    assert.ok(names.flatMap(imported).length > 40);
});
