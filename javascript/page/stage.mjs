// @ts-check
/* The right side: buttons to start jobs, and the resulting picture, film or error. */
import * as brush from "./brush.mjs";
import * as buttons from "./buttons.mjs";
import * as compare from "./compare.mjs";
import { clear, h, rest } from "./dom.mjs";
import * as files from "./files.mjs";
import * as films from "./films.mjs";
import * as model from "./model.mjs";
import * as painter from "./painter.mjs";
import * as progress from "./progress.mjs";
import * as problems from "./problems.mjs";
import { faults, get, ofRun, post } from "./routes.mjs";
import * as screen from "./screen.mjs";
import * as sending from "./sending.mjs";
import * as text from "./text.mjs";
import * as tries from "./tries.mjs";
import { about, t, tell } from "./words.mjs";

/**
 * @typedef {import("../types/answers.js").Run} Run
 * @typedef {import("../types/answers.js").What} What
 */

const EVERY = 700; // milliseconds between two polls of a running job
const ASKS = 600; // seconds of painting, done and to come, that are not stopped without a question
const NARROW = "(max-width: 680px)"; // where style.css puts the film below the form
const parts = /** @type {Record<"run" | "first" | "look", HTMLButtonElement> & Record<"line" | "problems" | "refused" | "notes" | "bar" | "state" | "remarks" | "buttons" | "viewer", HTMLElement>} */ ({});
/** @type {Run | null} */
let shown = null; // the job or film that is shown
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

export function build() {
    /**
     * @param {string} id
     * @param {string} label
     * @param {string} title
     * @param {What} what
     * @param {boolean} [main]
     */
    const button = (id, label, title, what, main) => h("button", { id, class: "anim-button" + (main ? " anim-main" : ""), title, onclick: () => begin(what) }, label);
    parts.run = button("anim_run", "", t("Paint the film (Ctrl+Enter)"), "film", true);
    parts.first = button("anim_first", t("First picture"), t("Paints only the first picture, in seconds; again until you like it"), "first");
    parts.look = button("anim_look", t("Preview movement"), t("Shows how the camera moves; needs no model"), "preview");
    parts.line = h("div", { class: "anim-facts", id: "anim_facts" });
    parts.problems = h("div", { class: "anim-problems", id: "anim_problems", role: "alert" });
    parts.refused = h("div", { class: "anim-problems", id: "anim_refused", role: "alert" }); // until the form changes
    parts.notes = h("div", { class: "anim-notes", id: "anim_notes" });
    parts.bar = h("div", { class: "anim-bar", hidden: true, role: "progressbar", "aria-label": t("Progress"), "aria-valuemin": 0 }, h("i"));
    parts.state = h("div", { class: "anim-state", id: "anim_state", role: "status" });
    parts.remarks = h("div", { class: "anim-notes", id: "anim_remarks" });
    parts.buttons = h("div", { class: "anim-commands" });
    model.watch((what) => {
        if (what !== "seen") clear(parts.refused);
        if (what !== "form") facts();
    });
    parts.viewer = h("div", { class: "anim-card anim-viewer" }, screen.build(), parts.bar, parts.state, parts.remarks, h("div", { class: "anim-watch" }, screen.choice()), tries.build(show), parts.buttons);
    facts();
    return h(
        "div",
        { class: "anim-stage" },
        painter.build(),
        h("div", { class: "anim-actions" }, parts.look, parts.first, parts.run),
        parts.problems,
        parts.refused,
        parts.viewer,
        compare.build((on) => (parts.viewer.hidden = on)),
        parts.line,
        parts.notes,
    );
}

/** Show the form's problems, or its length, size and number of painted frames in one line. */
function facts() {
    const wrong = model.problems();
    clear(parts.problems, wrong.length ? [h("strong", {}, t("This cannot be filmed yet:")), problems.list(wrong)] : null);
    able(!wrong.length, model.previews());
    const seconds = model.seen?.seconds;
    parts.run.textContent = seconds ? t("Generate (about {time})", { time: about(seconds) }) : t("Generate");
    const seen = model.facts();
    if (wrong.length) clear(parts.line), clear(parts.notes);
    if (!seen) return;
    const facts = [
        t("{seconds} s · {frames} frames, {painted} of them painted", { seconds: Math.round((seen.frames / seen.fps) * 100) / 100, frames: seen.frames, painted: seen.painted }),
        seen.size.join("×"),
        t(model.described.painter.name),
    ].join(" · ");
    const { advice } = model.described.painter;
    clear(parts.line, facts, advice && h("p", { id: "anim_advice" }, tell(advice)));
    const warned = seen.cautions.map((one) => h("p", { class: "anim-caution" }, tell(one)));
    clear(parts.notes, [...warned, ...seen.notes.map((note) => h("p", {}, tell(note)))]);
    screen.ratio(seen.size[0] / seen.size[1]);
}

/**
 * @param {boolean} films whether films and first pictures can begin
 * @param {boolean} previews
 */
function able(films, previews) {
    for (const button of [parts.run, parts.first]) button.disabled = !films;
    parts.look.disabled = !previews;
}

// -- starting jobs ----------------------------------------------------------------------------------------------------

/**
 * Start a job; ask first if a film would have to wait for another.
 * @param {What} what
 */
export async function begin(what) {
    if (what === "film" && (stoppable() || films.busy()) && !confirm(t("A film is being painted. Shall this one wait for its turn?"))) return;
    able(false, false);
    clear(parts.refused);
    try {
        await text.applied();
        const run = await post("begin", { ...model.form(), what });
        if (what === "film") model.hold(run.id);
        show(run);
        if (matchMedia(NARROW).matches) parts.viewer.scrollIntoView({ block: "nearest" });
        if (what === "film") films.refresh();
    } catch (error) {
        refused(t("This could not begin:"), error);
    } finally {
        able(!model.problems().length, model.previews());
    }
}

/**
 * @param {string} title
 * @param {import("./routes.mjs").Refusal} error
 */
function refused(title, error) {
    clear(parts.refused, h("strong", {}, title), problems.list(faults(error)));
}

export const stoppable = () => Boolean(shown && !progress.over(shown));

/** @param {"stop" | "pause" | "go_on" | "resume" | "resume_anyway" | "longer"} name */
async function command(name) {
    if (!shown) return;
    try {
        show(await post(ofRun(shown) + "/" + name, {}));
    } catch (error) {
        const anyway = error.otherModel && buttons.act("anim_anyway", t("Go on with the model of now"), () => command("resume_anyway"));
        clear(parts.state, error.message, anyway && " ", anyway);
    }
}

/** Stop the shown job; a film that takes longer than ASKS seconds only after a question. */
export function stop() {
    if (shown && long(shown) && !confirm(t("This film takes more than ten minutes. Stop it? What is painted is kept."))) return;
    command("stop");
}

/** @param {Run} run */
const long = (run) => run.what === "film" && progress.running(run) && Date.now() / 1000 - run.began + (run.left || 0) > ASKS;

// -- showing ----------------------------------------------------------------------------------------------------------

/**
 * Show a job or film.
 * @param {Run} run
 */
export function show(run) {
    compare.close();
    update(run);
}

/** @param {Run} run */
function update(run) {
    shown = run;
    clearTimeout(timer);
    state(run);
    screen.show(run);
    commands(run);
    films.mark(run);
    tries.mark(run);
    if (!progress.over(run)) timer = setTimeout(() => poll(run), EVERY);
}

/** @param {Run} last */
async function poll(last) {
    try {
        const run = await get(ofRun(last));
        if (shown?.id !== last.id) return;
        update(run);
        if (progress.over(run)) {
            films.refresh();
            tries.refresh();
            painter.refresh();
            model.look(); // the estimate can use this film's times now
        }
    } catch (error) {
        if (shown?.id !== last.id) return;
        parts.state.textContent = error.message;
        timer = setTimeout(() => poll(last), error.gone ? 3 * EVERY : EVERY);
    }
}

/** @param {Run} run */
function state(run) {
    const running = progress.running(run);
    parts.bar.hidden = !running;
    /** @type {HTMLElement} */ (parts.bar.firstChild).style.width = (100 * run.frame) / Math.max(1, run.of) + "%";
    parts.bar.setAttribute("aria-valuemax", String(run.of));
    parts.bar.setAttribute("aria-valuenow", String(run.frame));
    parts.bar.classList.toggle("anim-unknown", run.state === "running" && run.frame === 0);
    const close = running && run.what === "film" ? h("span", { class: "anim-quiet" }, t("You may close this page.")) : null;
    const fault = run.state === "failed" ? h("span", { class: "anim-fault" }, tell(run.message || run.error || "")) : null;
    clear(parts.remarks, remarks(run).map((note) => h("p", {}, tell(note))));
    clear(parts.state, h("span", { class: "anim-words" }, progress.words(run).join(" · ")), fault, close);
}

/**
 * The notes of a film, and those of a preview that its film does not have.
 * @param {Run} run
 */
function remarks(run) {
    const notes = run.note_messages || run.notes;
    if (run.what !== "preview") return run.what === "film" ? notes : [];
    const known = (model.seen?.notes || []).map((note) => JSON.stringify(note));
    return notes.filter((note) => !known.includes(JSON.stringify(note)));
}

/** @param {Run} run */
function commands(run) {
    const held = model.film === run.id; // whether the form holds the settings of this film
    const kinds = progress.over(run) ? run.files || [] : [];
    const signature = [run.id, run.state, kinds.join("+"), run.doing === "stopping", held, run.frame > 0].join();
    if (parts.buttons.dataset.signature === signature) return;
    parts.buttons.dataset.signature = signature;
    const all = [...buttons.underWay(run, held, does), buttons.downloads(run, kinds), ...buttons.afterwards(run, does)];
    const folder = run.what === "film" && run.folder && h("span", { class: "anim-quiet anim-folder", title: run.folder }, h("bdi", {}, run.folder));
    clear(parts.buttons, all, folder);
    rest(parts.buttons);
}

/** What the buttons of a job do. */
const does = { stop, command, edit, take, again, open, send, use: tries.use, mask: () => brush.open("film") };

/** @param {Run} run */
async function open(run) {
    try {
        await post(ofRun(run) + "/open", {});
    } catch (error) {
        parts.state.textContent = error.message;
    }
}

/**
 * @param {Run} run
 * @param {string} tab
 */
async function send(run, tab) {
    try {
        await sending.send(run, tab);
    } catch (error) {
        parts.state.textContent = error.message;
    }
}

/**
 * @param {Run} run
 * @returns {Promise<import("../types/answers.js").LoadedForm>}
 */
const settingsOf = (run) => get(ofRun(run) + "/settings");

/** @param {Run} run */
async function take(run) {
    files.take(await settingsOf(run), run.name, run.id);
    if (shown) commands(shown);
}

/** @param {Run} run */
async function edit(run) {
    clear(parts.refused);
    try {
        await text.applied();
        show(await post(ofRun(run) + "/edit", model.form()));
    } catch (error) {
        refused(t("The film cannot go on with this:"), error);
    }
}

/**
 * Begin a film with the settings of another. From its own seed it would be that film once more.
 * @param {Run} run
 */
async function again(run) {
    const { essentials, changes, allow_missing } = await settingsOf(run);
    const form = { essentials: { ...essentials, seed: -1 }, changes: { ...changes, seed: undefined }, allow_missing };
    try {
        show(await post("begin", { ...form, what: "film", like: run.id }));
        films.refresh();
    } catch (error) {
        parts.state.textContent = error.message;
    }
}
