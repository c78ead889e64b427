// How a live photo stands: what the box does with a picture, an answer, an error; what is sent.
import assert from "node:assert/strict";
import { test } from "node:test";

const { begin, fault, fields, next } = await import("../../javascript/page/live_state.mjs");

const PHOTO = { name: "cat.JPG", size: 10 };
const OTHER = { name: "dog.png", size: 10 };
const MOST = 2 ** 20;
const chosen = { kind: "photo", photo: PHOTO, most: MOST };
const other = { kind: "photo", photo: OTHER, most: MOST };
const done = { kind: "done", run: "live_1" };
const failed = { kind: "failed", error: "busy" };
const text = { kind: "photo", photo: { name: "a.txt", size: 1 }, most: MOST };

// events, and then: phase, name of the photo, run, whether there is an error
const STORIES = [
    [[], "empty", undefined, "", false],
    [[chosen], "generating", "cat.JPG", "", false],
    [[chosen, done], "done", "cat.JPG", "live_1", false],
    [[chosen, failed], "failed", "cat.JPG", "", true],
    [[chosen, other], "generating", "cat.JPG", "", false], // the box is locked
    [[chosen, text], "generating", "cat.JPG", "", false],
    [[chosen, { kind: "again" }], "generating", "cat.JPG", "", false],
    [[chosen, done, other], "generating", "dog.png", "live_1", false],
    [[chosen, done, { kind: "again" }], "generating", "cat.JPG", "live_1", false],
    [[chosen, failed, { kind: "again" }, done], "done", "cat.JPG", "live_1", false],
    [[chosen, done, text], "done", "cat.JPG", "live_1", true], // the film before stays
    [[text], "empty", undefined, "", true],
    [[text, chosen], "generating", "cat.JPG", "", false],
    [[{ kind: "again" }], "empty", undefined, "", false],
    [[done], "empty", undefined, "", false], // an answer that nobody waits for
    [[failed], "empty", undefined, "", false],
];

for (const [events, phase, name, run, error] of STORIES) {
    test([...events.map((one) => one.kind), phase].join(" → "), () => {
        const state = events.reduce(next, begin());
        assert.deepEqual([state.phase, state.photo?.name, state.run, Boolean(state.error)], [phase, name, run, error]);
    });
}

test("sliders can be moved at any time and go with the photo", () => {
    const moved = [chosen, { kind: "slid", name: "motion_bucket_id", value: 200 }, { kind: "ping_pong", on: true }].reduce(next, begin());
    assert.equal(moved.phase, "generating");
    assert.deepEqual(fields(moved), [
        ["motion_bucket_id", "200"],
        ["noise_aug_strength", "0.02"],
        ["max_guidance_scale", "3"],
        ["ping_pong", "true"],
    ]);
});

test("what is no picture or too large is not sent", () => {
    assert.equal(fault(PHOTO, MOST), "");
    assert.match(fault({ name: "png", size: 1 }, MOST).text, /not read/);
    assert.match(fault({ name: "a.png.exe", size: 1 }, MOST).text, /not read/);
    assert.deepEqual(fault({ name: "a.png", size: MOST + 1 }, MOST).values, { n: 1 });
});
