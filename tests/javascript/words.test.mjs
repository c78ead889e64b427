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

test("the ControlNet units share their entries", () => {
    words.use({ "Weight (cn_weight)": "Вес", Weight: "Масса" });
    assert.deepEqual(["cn_1_weight", "cn_5_weight", "weight"].map((key) => words.word("Weight", key)), ["Вес", "Вес", "Масса"]);
});

test("a word of one setting has an entry of its own", () => {
    words.use({ "None (color_coherence)": "keine", None: "nichts" });
    assert.equal(words.word("None", "color_coherence"), "keine");
    assert.equal(words.word("None", "add_soundtrack"), "nichts");
    assert.equal(words.word("Video", "add_soundtrack"), "Video");
});

const ENTRIES = {
    "begins at {n} s": "beginnt bei {n} s",
    "{name} cannot: {said}": "{said}: {name} geht nicht",
    "no room": "kein Platz",
};

const TOLD = [
    ["no room", "kein Platz"],
    ["nothing of that", "nothing of that"],
    [{ text: "begins at {n} s", values: { n: -0.5 } }, "beginnt bei -0.5 s"],
    [{ text: "ends at {n} s", values: { n: 3 } }, "ends at 3 s"],
    [{ text: "{name} cannot: {said}", values: { name: "no room", said: { text: "no room", values: {} } } }, "kein Platz: no room geht nicht"],
];

for (const [said, told] of TOLD) {
    test(`told: ${JSON.stringify(said)}`, () => {
        words.use(ENTRIES);
        assert.equal(words.tell(said), told);
    });
}

const PROBLEMS = [
    [{ key: "zoom", place: ["keyframe 6", { text: "column {n}", values: { n: 2 } }], reason: "no such name", remedy: "write t" }, "zoom, keyframe 6, column 2: no such name; write t"],
    [{ key: "zoom", place: [], reason: "no such name", remedy: null }, "zoom: no such name"],
    [{ key: "", place: [], reason: "no such name", remedy: null }, "no such name"],
];

for (const [problem, line] of PROBLEMS) test(`a problem: ${line}`, () => assert.equal(words.problem(problem), line));

const CLOCK = [[-1, "0:00"], [0.4, "0:00"], [9, "0:09"], [130, "2:10"], [3599.6, "1:00:00"], [3700, "1:01:40"], [36000, "10:00:00"]];
for (const [seconds, shown] of CLOCK) test(`${seconds} s on the clock`, () => assert.equal(words.clock(seconds), shown));

const ABOUT = [[0, "1 s"], [20.4, "20 s"], [89, "89 s"], [90, "2 min"], [130, "2 min"], [5399, "90 min"], [5400, "1.5 h"], [86400, "24 h"]];
for (const [seconds, said] of ABOUT) test(`about ${seconds} s`, () => assert.equal(words.about(seconds), said));
