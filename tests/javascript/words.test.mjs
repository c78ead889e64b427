// What is said: dictionaries, sentences with blanks, times.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

globalThis.window = {};
const words = await import("../../javascript/page/words.mjs");

beforeEach(() => {
    window.localization = {};
    words.use({});
});

test("a text without an entry stays, and its blanks are filled in", () => {
    assert.equal(words.t("{n} of {of} frames", { n: 3, of: 12 }), "3 of 12 frames");
    assert.equal(words.t("{n} of {of} frames", { n: 0 }), "0 of {of} frames");
    assert.equal(words.t("{n} frames"), "{n} frames");
    assert.equal(words.t("toString"), "toString");
});

test("our dictionary counts before the host's, which is asked where ours has nothing", () => {
    window.localization = { Stop: "Halt", Close: "Zu" };
    words.use({ Stop: "Anhalten" });
    assert.deepEqual(["Stop", "Close", "Open"].map((text) => words.t(text)), ["Anhalten", "Zu", "Open"]);
});

test("a word of one setting has an entry of its own", () => {
    words.use({ "None (color_coherence)": "keine", None: "nichts" });
    assert.equal(words.word("None", "color_coherence"), "keine");
    assert.equal(words.word("None", "add_soundtrack"), "nichts");
    assert.equal(words.word("Video", "add_soundtrack"), "Video");
});

const ENTRIES = {
    "line {n}: {said}": "Zeile {n}: {said}",
    "begins at {n} s": "beginnt bei {n} s",
    "unknown name '{name}'": "unbekannter Name „{name}“",
    "there is no {what}": "es gibt kein {what}",
    "there is no sampler '{name}'": "kein Sampler „{name}“",
    "costs 5 (?)": "kostet 5 (!)",
};

const TOLD = [
    ["unknown name 'q'", "unbekannter Name „q“"],
    ["unknown name 'two\nlines'", "unbekannter Name „two\nlines“"],
    ["line 2: begins at 9 s", "Zeile 2: beginnt bei 9 s"],
    ["line 2: unknown name 'q'", "Zeile 2: unbekannter Name „q“"],
    ["line 2: something new", "Zeile 2: something new"],
    ["line two: begins at 9 s", "line two: begins at 9 s"], // in {n} stands a number
    ["begins at -0.5 s", "beginnt bei -0.5 s"],
    ["there is no sampler 'Eulr'", "kein Sampler „Eulr“"], // the entry with most words of its own
    ["there is no end", "es gibt kein end"],
    ["costs 5 (?)", "kostet 5 (!)"],
    ["nothing of that", "nothing of that"],
];

for (const [english, told] of TOLD) {
    test(`told: ${english}`, () => {
        words.use(ENTRIES);
        assert.equal(words.tell(english), told);
    });
}

test("another dictionary is another way of telling", () => {
    words.use(ENTRIES);
    words.tell("there is no end");
    words.use({ "there is no {what}": "nema {what}" });
    assert.equal(words.tell("there is no end"), "nema end");
});

const PROBLEMS = [
    [{ key: "zoom", place: "keyframe 6", reason: "no such name", remedy: "write t" }, "zoom, keyframe 6: no such name; write t"],
    [{ key: "zoom", place: "", reason: "no such name", remedy: "" }, "zoom: no such name"],
    [{ key: "", place: "", reason: "no such name" }, "no such name"],
    [{ key: "zoom", place: "keyframe 6", text: "all in one" }, "all in one"],
];

for (const [problem, line] of PROBLEMS) test(`a problem: ${line}`, () => assert.equal(words.problem(problem), line));

const CLOCK = [[-1, "0:00"], [0.4, "0:00"], [9, "0:09"], [130, "2:10"], [3599.6, "1:00:00"], [3700, "1:01:40"], [36000, "10:00:00"]];
for (const [seconds, shown] of CLOCK) test(`${seconds} s on the clock`, () => assert.equal(words.clock(seconds), shown));

const ABOUT = [[0, "1 s"], [20.4, "20 s"], [89, "89 s"], [90, "2 min"], [130, "2 min"], [5399, "90 min"], [5400, "1.5 h"], [86400, "24 h"]];
for (const [seconds, said] of ABOUT) test(`about ${seconds} s`, () => assert.equal(words.about(seconds), said));
