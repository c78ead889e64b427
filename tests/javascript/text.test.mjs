// Texts: where a tag goes into prompts, where a problem is in a settings file, names of files, how a job stands.
import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.window = {};
const model = await import("../../javascript/page/model.mjs");
const { placed } = await import("../../javascript/page/pickers.mjs");
const { place } = await import("../../javascript/page/text.mjs");
const { named } = await import("../../javascript/page/files.mjs");
const { line } = await import("../../javascript/page/curves.mjs");
const progress = await import("../../javascript/page/progress.mjs");

// the box, its text with the cursor as |, the text with the tag
const PROMPTS = [
    ["scenes", "a |cat", "a cat <t>"],
    ["scenes", "|", "<t>"],
    ["scenes", "a cat  |--neg fur", "a cat <t>  --neg fur"],
    ["scenes", "0s a |cat --neg fur\n2s a dog", "0s a cat <t> --neg fur\n2s a dog"],
    ["scenes", "0s a cat\n2s a dog|", "0s a cat\n2s a dog <t>"],
    ["scenes", "a cat, --negative| space", "a cat, --negative space <t>"],
    ["prompts", "a |cat", "a cat <t>"],
    ["prompts", '{"0": "a |cat --neg fur"}', '{"0": "a cat <t> --neg fur"}'],
    ["prompts", '|{\n "0": "a cat",\n "6": "a dog"\n}', '{\n "0": "a cat",\n "6": "a dog <t>"\n}'],
    ["prompts", '{\n "0": "a |cat",\n "6": "a dog"\n}', '{\n "0": "a cat <t>",\n "6": "a dog"\n}'],
    ["prompts", '{\n "0": "|"\n}', '{\n "0": "<t>"\n}'],
];

for (const [name, before, after] of PROMPTS) {
    test(`a tag in ${name}: ${before}`, () => {
        const whole = before.replace("|", "");
        const { text, at } = placed(name, whole, before.indexOf("|"), "<t>");
        assert.equal(whole.slice(0, at) + text + whole.slice(at), after);
    });
}

test("a tag in JSON is written as JSON", () => {
    assert.equal(placed("prompts", '{"0": "a"}', 8, '<lora:"x":1>').text, ' <lora:\\"x\\":1>');
    assert.equal(placed("scenes", "a", 1, '<lora:"x":1>').text, ' <lora:"x":1>');
});

const WHOLE = '{\n  "W": 512,\n  "zoom": "0:(q)"\n}';
const PLACES = [
    [{ key: "", line: 2, column: 3 }, '"'],
    [{ key: "", line: 1, column: 1 }, "{"],
    [{ key: "zoom", line: null, column: 4 }, '"zoom"'],
    [{ key: "movement" }, '"W"'], // an essential: the first setting that it writes
    [{ key: "missing" }, ""],
];

for (const [problem, marked] of PLACES) {
    test(`marked for ${JSON.stringify(problem)}: ${marked}`, () => {
        const one = { key: "movement", default: "", writes: ["W", "zoom"] };
        model.begin({ groups: [], essentials: [one] });
        assert.equal(WHOLE.slice(...place(problem, WHOLE)), marked);
    });
}

const NAMES = [["film.json", "film"], ["my journey: 2.TXT", "my_journey_2"], ["снег 1.json", "снег_1"], ["", "film"], [undefined, "film"], ["a.json.json", "a_json"]];
for (const [given, name] of NAMES) test(`a file named after ${given}`, () => assert.equal(named(given), name));

const CURVES = [
    [{ points: [[0, 1]], low: 1, high: 1 }, 1, "M0 32H600"],
    [{ points: [[0, 1], [10, 1]], low: 1, high: 1 }, 10, "M0.0 59.0L600.0 59.0"],
    [{ points: [[0, 0], [5, 2], [10, 1]], low: 0, high: 2 }, 10, "M0.0 59.0L300.0 5.0L600.0 32.0"],
];
for (const [curve, last, path] of CURVES) test(`a curve: ${path}`, () => assert.equal(line(curve, last), path));

const RUN = { id: "a", name: "a", what: "film", state: "running", doing: "", frame: 3, of: 12, left: null, finish: null, seed: 7 };
const STANDS = [
    [{ state: "queued", before: 2 }, "Queued, 2 before it"],
    [{ state: "queued", before: 0 }, "Begins…"],
    [{}, "frame 3 of 12"],
    [{ doing: "loading" }, "Loading the model…"],
    [{ doing: "stopping" }, "frame 3 of 12 · stops after this picture"],
    [{ state: "paused" }, "frame 3 of 12 · paused"],
    [{ state: "paused", doing: "editing" }, "frame 3 of 12 · the changes hold from the next picture on"],
    [{ state: "stopped" }, "Stopped: 3 of 12 frames are kept"],
    [{ state: "done", frame: 12 }, "a: 12 frames · seed 7"],
    [{ state: "done", what: "first" }, "First picture · seed 7"],
    [{ state: "done", what: "preview" }, "Preview"],
    [{ state: "failed" }, ""],
];
for (const [how, said] of STANDS) test(`a job: ${said}`, () => assert.equal(progress.words({ ...RUN, ...how }).join(" · "), said));

test("how long a job still takes, and when it is done", () => {
    const finish = new Date(2024, 1, 1, 9, 5).getTime() / 1000;
    assert.deepEqual(progress.words({ ...RUN, left: 130, finish }), ["frame 3 of 12", "2:10 left", "done 09:05"]);
});
