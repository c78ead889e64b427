/* What the routes under anim/ are sent and answer, as the page uses it. Said in Python by lib_anim/page and lib_anim/jobs. */
import type { Settings } from "./settings.js";

export type Key = keyof Settings;
export type Values = Partial<Settings>;
export type Answers = Record<string, string | number | null>;

/** A sentence for people: an English text with {blanks}, the key of its translation, and what fills them. */
export interface Message {
    text: string;
    values: Record<string, string | number | Message>;
}

/** A message, or a text without blanks. */
export type Said = Message | string;

/** Answers to the essentials, and settings laid over what follows from them. */
export interface Form {
    essentials: Answers;
    changes: Values;
    /** Whether features that are not there are left out. */
    allow_missing?: boolean;
}

/** A form that was loaded; `values` are those of all settings that the page shows. */
export interface LoadedForm extends Form {
    notes: Message[];
    values?: Values;
}

/** A movement. */
export interface Tile {
    label: string;
    help: string;
    steadiness: number;
    /** Whether the painter has what it needs. */
    offered: boolean;
    /** Answers to other questions that suit it, given where nobody gave others. */
    answers: Answers;
    /** Settings that it alone writes. */
    writes: Key[];
}

export interface Essential {
    key: string;
    kind: "lines" | "text" | "tiles" | "slider" | "choice" | "seed" | "picture" | "sound" | "tempo";
    label: string;
    help: string;
    default: string | number;
    low: number | null;
    high: number | null;
    step: number | null;
    /** The settings that follow from the answer. */
    writes: Key[];
    /** Values with their labels. */
    choices: [string, string][];
    tiles?: Record<string, Tile>;
    sizes?: Record<string, [number, number]>;
}

/** A kind of uploads, with which their ids begin. */
export type Upload = "picture" | "sound" | "video" | "poses" | "folder";

export interface Field {
    key: Key;
    kind: string;
    label: string;
    help: string;
    default: unknown;
    low?: number;
    high?: number;
    choices?: string[];
    /** Names that the painter knows; others can be typed. */
    known?: string[];
    /** The kinds of files that it takes, where these are several. */
    accepts?: Upload[];
}

export interface Group {
    name: string;
    fields: Field[];
}

/** GET painter: what paints, and the models that can be chosen, as names with their labels; `fault` is why it could not be loaded. */
export interface Painter {
    kind: string;
    name: string;
    ready: boolean;
    models: [string, string][];
    chosen: string;
    fault: Message | string | null;
    advice: Message | string | null;
}

/** GET form: all that the page is built from. */
export interface Description {
    essentials: Essential[];
    groups: Group[];
    painter: Painter;
    out: string;
    /** Bytes of an upload, at the most. */
    upload: number;
    /** Whether folders can be opened on the reader's machine. */
    opens: boolean;
    /** Tabs of the WebUI that take a frame: img2img, extras. */
    sends: string[];
    words: Record<string, string>;
}

/** GET palette: the names that the painter has for prompts. */
export interface Palette {
    loras: string[];
    styles: string[];
}

export interface Excerpt {
    before: string;
    at: string;
    after: string;
}

export interface Problem {
    /** Of the setting or essential; empty when it is about none. */
    key: string;
    /** From the outside in; empty where it is about all of the setting. */
    place: Said[];
    line: number | null;
    column: number | null;
    reason: Said;
    remedy: Said | null;
    /** Whether it is of a feature that is not there, and that the film can be made without. */
    missing?: boolean;
    /** All of it in English. */
    text?: string;
    excerpt?: Excerpt | null;
}

export interface Curve {
    key: Key;
    label: string;
    low: number;
    high: number;
    points: [number, number][];
    /** How loud the sound is that it follows, 0..1. */
    sound?: [number, number][];
}

export interface Mark {
    frame: number;
    text: string;
}

/** What a form that can be filmed means. */
export interface Facts {
    values: Values;
    /** Settings that do nothing in this film, whatever they say; known also in spite of most problems. */
    resting: Key[];
    notes: Message[];
    cautions: Message[];
    /** Scenes that begin after the end, and the text of the scenes with their times shrunk, or without them. */
    late: { note: Message; stretched: string; dropped: string } | null;
    hints: Partial<Record<Key, string>>;
    frames: number;
    painted: number;
    fps: number;
    size: [number, number];
    /** That it will take; null when nothing is known of that. */
    seconds: number | null;
    curves: Curve[];
    marks: Mark[];
}

/** POST look: all facts when there are no problems, else few. */
export interface Seen extends Partial<Facts> {
    problems: Problem[];
    /** Whether a preview is possible in spite of problems. */
    preview?: boolean;
}

export type Kind = "mp4" | "gif" | "webp";
export type What = "film" | "first" | "opening" | "preview";

/** GET runs/{id}: a job or film. */
export interface Run {
    id: string;
    name: string;
    what: What;
    state: "queued" | "running" | "paused" | "done" | "stopped" | "failed";
    doing: string;
    frame: number;
    of: number;
    /** Seconds to go, and when it will be done; null when it is not known. */
    left: number | null;
    finish: number | null;
    error: string | null;
    /** The error as data; of films of older versions there is the text alone. */
    message?: Message | null;
    /** On what was set aside when it was gone on with, and what it does. */
    notes: string[];
    /** The notes as data; of films on disk there are the texts alone. */
    note_messages?: Message[];
    seed: number | null;
    engine: string | null;
    folder: string;
    /** When the video was written; null when there is none. */
    video: number | null;
    files: Kind[];
    began: number;
    /** Jobs that are painted before it. */
    before?: number;
}

/** GET tries: a first picture, and the form that it was painted by. */
export interface Try extends Run, Form {}
