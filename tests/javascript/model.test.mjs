// What the page holds: who has the last word on a setting, what outlives a reload, which answer counts.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, beforeEach, mock, test } from "node:test";

globalThis.window = {};
const model = await import("../../javascript/page/model.mjs");
const { Refusal, ask, faults, get, post } = await import("../../javascript/page/routes.mjs");

mock.timers.enable({ apis: ["setTimeout"] }); // so that the program is asked only when a test says so

const DESCRIBED = {
    essentials: [
        { key: "movement", default: "zoom", writes: ["zoom", "angle"], tiles: { zoom: { steadiness: 0.5 }, orbit: { steadiness: 0.7 } } },
        { key: "steadiness", default: 0.5, writes: ["strength_schedule"] },
        { key: "speed", default: 1, writes: ["zoom"] },
        { key: "start_picture", default: "", writes: ["init_image"] },
    ],
    groups: [{ name: "Motion", fields: [{ key: "zoom", default: "0:(1)" }, { key: "angle", default: "0:(0)" }] }],
};

const asked = []; // [route, body] that the program was asked for
let answer = () => [200, { problems: [], values: {} }];
const program = createServer(async (request, response) => {
    const sent = (await request.toArray()).join("");
    const [status, told] = await answer(asked.push([request.url, sent && JSON.parse(sent)]));
    response.writeHead(status, { "Content-Type": "application/json" }).end(typeof told === "string" ? told : JSON.stringify(told));
});

let stored = new Map();
before(async () => {
    await new Promise((ready) => program.listen(0, "127.0.0.1", ready));
    globalThis.document = { location: { href: `http://127.0.0.1:${program.address().port}/webui/?__theme=dark#here` } };
});
after(() => (program.close(), program.closeAllConnections()));
beforeEach(() => {
    stored = new Map();
    globalThis.localStorage = { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => stored.set(key, value) };
    answer = () => [200, { problems: [], values: {} }];
    asked.length = 0;
    begin();
});

function begin() {
    model.begin(DESCRIBED);
    model.replace({});
}

test("a change counts until an essential that writes the setting is answered anew", () => {
    model.change("zoom", "0:(1.5)");
    model.change("angle", "0:(2)");
    assert.deepEqual(model.against("movement"), ["zoom", "angle"]);
    model.answer("speed", 2);
    assert.deepEqual(model.changes, { angle: "0:(2)" });
    model.answer("movement", "orbit");
    assert.deepEqual(model.changes, {});
    assert.equal(model.answers.steadiness, 0.7);
});

test("a movement gives answers that suit it where nobody gave others, and takes them back", () => {
    const walk = { steadiness: 0.3, answers: { speed: 2, start_picture: "field.png" }, writes: ["cn_1_model"] };
    const [movement, ...others] = DESCRIBED.essentials;
    model.begin({ ...DESCRIBED, essentials: [{ ...movement, tiles: { ...movement.tiles, walk } }, ...others], groups: [{ fields: [{ key: "cn_1_model" }] }] });
    model.replace({});
    model.change("cn_1_model", "edges");
    model.answer("movement", "orbit");
    assert.deepEqual(model.changes, { cn_1_model: "edges" });
    model.answer("start_picture", "mine.png");
    model.answer("movement", "walk");
    assert.deepEqual(model.changes, {});
    assert.deepEqual([model.answers.speed, model.answers.start_picture, model.answers.steadiness], [2, "mine.png", 0.3]);
    model.change("cn_1_model", "pose");
    assert.deepEqual(model.against("movement"), ["cn_1_model"]);
    model.answer("movement", "zoom");
    assert.deepEqual([model.answers.speed, model.answers.start_picture], [1, "mine.png"]);
    assert.deepEqual(model.against("movement"), []);
    assert.deepEqual(model.changes, { cn_1_model: "pose" });
});

test("every change is taken back and made again, in order", () => {
    const now = () => [model.answers.movement, model.answers.steadiness, model.changes.zoom, model.source];
    const states = [now()];
    for (const change of [
        () => model.change("zoom", "0:(1.5)"),
        () => model.answer("movement", "orbit"),
        () => model.replace({ essentials: { movement: null }, changes: { zoom: "0:(2)" } }, "film.json", "film"),
        () => model.reset("zoom"),
        () => model.write({ essentials: { movement: "zoom" }, changes: {} }),
    ]) states.push((change(), now()));
    const later = states.slice(1);
    assert.deepEqual(later.map(() => (model.undo(), now())), states.slice(0, -1).reverse());
    assert.deepEqual(later.map(() => (model.redo(), now())), later);
    assert.equal(model.redo(), false);
});

test("letters typed into one field are taken back together, and a new change ends what can be made again", () => {
    for (const text of ["a", "ab", "abc"]) model.change("zoom", text);
    model.change("angle", "x");
    model.undo();
    assert.deepEqual(model.changes, { zoom: "abc" });
    model.undo();
    assert.deepEqual(model.changes, {});
    model.change("angle", "y");
    assert.equal(model.redo(), false);
});

test("a movement brings back the speed that a loaded file has left open", () => {
    model.replace({ essentials: { speed: null } });
    model.answer("movement", "zoom");
    assert.equal(model.answers.speed, 1);
});

test("the value of a setting: changed, told by the program, or its default", async () => {
    assert.equal(model.value("zoom"), "0:(1)");
    answer = () => [200, { problems: [], values: { zoom: "0:(1.02)" } }];
    await model.look();
    assert.equal(model.value("zoom"), "0:(1.02)");
    model.change("zoom", "");
    assert.equal(model.value("zoom"), "");
    model.reset("zoom");
    assert.equal(model.value("zoom"), "0:(1.02)");
});

test("who watches is told what is new", async () => {
    const news = [];
    model.watch((what) => news.push(what));
    model.change("zoom", "0:(2)");
    model.answer("speed", 2);
    model.answer("movement", "orbit");
    model.show("all");
    await model.look();
    assert.deepEqual(news, ["value", "value", "form", "form", "seen"]);
});

test("what was filled in is there after a reload, with the names of uploads that are still used", () => {
    model.name("u1", "cat.png");
    model.name("u2", "dog.png");
    model.answer("start_picture", "u1");
    model.change("zoom", "0:(3)");
    model.show("text");
    const kept = stored.get("anim.form");
    begin();
    assert.deepEqual(model.changes, {});
    stored.set("anim.form", kept);
    model.begin(DESCRIBED);
    assert.deepEqual([model.view, model.answers.start_picture, model.changes], ["text", "u1", { zoom: "0:(3)" }]);
    assert.deepEqual([model.nameOf("u1"), model.nameOf("u2")], ["cat.png", ""]);
});

for (const text of ["", "not json", "null", '{"view": "nonsense"}']) {
    test(`storage that says ${JSON.stringify(text)} is none`, () => {
        stored.set("anim.form", text);
        model.begin(DESCRIBED);
        assert.deepEqual([model.view, model.answers.movement, model.changes], ["essentials", "zoom", {}]);
    });
}

test("without storage the page works all the same", () => {
    delete globalThis.localStorage;
    begin();
    model.change("zoom", "0:(3)");
    assert.equal(model.value("zoom"), "0:(3)");
});

test("the program is asked once one has stopped typing", async () => {
    mock.timers.tick(1000);
    await model.look();
    asked.length = 0;
    for (const zoom of ["0", "0:", "0:(2)"]) {
        model.change("zoom", zoom);
        mock.timers.tick(100);
    }
    assert.equal(asked.length, 0);
    mock.timers.tick(20);
    while (!asked.length) await new Promise(setImmediate);
    assert.deepEqual(asked, [["/webui/anim/look", { ...model.form(), curves: [] }]]);
});

test("of two answers the one to the newer question counts", async () => {
    let late;
    answer = (n) => (n === 1 ? new Promise((done) => (late = () => done([200, { problems: [], frames: 1 }]))) : [200, { problems: [], frames: 2 }]);
    const first = model.look();
    while (!late) await new Promise(setImmediate);
    await model.look();
    late();
    await first;
    assert.equal(model.facts().frames, 2);
});

test("a text that cannot be read puts an answer under way aside", async () => {
    const looked = model.look();
    model.fault([{ key: "", place: "", text: "no JSON" }]);
    await looked;
    assert.deepEqual([model.facts(), model.problems().map((one) => one.text)], [null, ["no JSON"]]);
});

test("the curve that is wanted is asked for, once", async () => {
    model.want("zoom");
    model.want("zoom");
    await model.look();
    assert.deepEqual(asked.map(([route, body]) => [route, body.curves]), [["/webui/anim/look", ["zoom"]], ["/webui/anim/look", ["zoom"]]]);
});

test("a refusal says what is wrong; without fields it is a problem of none", async () => {
    answer = () => [422, { error: "zoom: no", problems: [{ key: "zoom", text: "zoom: no" }] }];
    await assert.rejects(post("begin", {}), (told) => told instanceof Refusal && !told.gone && faults(told)[0].key === "zoom");
    answer = () => [500, "no JSON"];
    await assert.rejects(get("runs"), (told) => told.message === "500 Internal Server Error" && faults(told)[0].reason === told.message);
});

test("nobody answers", async () => {
    document.location.href = "http://127.0.0.1:9/";
    await assert.rejects(ask("form"), (told) => told.gone && told.message.startsWith("No answer from the program."));
});
