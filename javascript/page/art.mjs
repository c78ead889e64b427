// @ts-check
/* The pictures of the movements' tiles; style.css moves what has the class anim-moving, and what is around a subject. */
import { s } from "./dom.mjs";

/** @type {Record<string, () => Element[]>} */
const SCENES = { infinite_zoom: tunnel, spiral: tunnel, fly_through: tunnel, pull_back: tunnel, dolly_zoom: subject, street, dashcam, walking_person: meadow };

/** The camera's way, or what the picture does, over the scene. @type {Record<string, string>} */
const WAYS = {
    spiral: "M0 0 C6 -8 16 0 10 10 C2 20 -18 14 -18 -2 C-18 -22 10 -28 24 -14 C38 0 30 24 10 30",
    fly_through: "M-46 30 C-10 34 -30 -6 -2 -4 S24 -20 34 -26 M21 -27 L35 -27 L31 -14",
    pull_back: "M-24 -14 L-44 -28 M-33 -29 H-45 V-19 M24 -14 L44 -28 M33 -29 H45 V-19 M-24 14 L-44 28 M-33 29 H-45 V19 M24 14 L44 28 M33 29 H45 V19",
    orbit: "M-38 14 Q0 34 38 14 M-29 26 L-39 14 L-25 10 M29 26 L39 14 L25 10",
    sideways: "M-38 0 H38 M27 -10 L39 0 L27 10",
    heartbeat: "M-46 4 H-18 L-8 -20 L4 22 L14 4 H46",
    circle: "M-38 4 A38 15 0 1 0 38 4 A38 15 0 1 0 -38 4 M-6 13 L3 19 L-6 25",
    figure_eight: "M0 0 C14 -30 46 -24 46 0 S14 30 0 0 S-46 -30 -46 0 S-14 30 0 0",
    crane: "M34 30 C34 -6 18 -24 -8 -26 M0 -33 L-9 -26 L-1 -18",
};

/** What stands before the scene. @type {Record<string, () => Element[]>} */
const OVER = { dashcam: () => [s("path", { d: "M-70 50 V33 Q0 22 70 33 V50 Z", fill: "#1d2436" })], walking_person: walker };

/**
 * A tile's picture: a scene, and the camera's way where that tells more.
 * @param {string} key
 */
export function art(key) {
    const scene = s("g", { class: "anim-moving" }, (SCENES[key] || landscape)());
    const way = WAYS[key] ? [s("path", { d: WAYS[key], class: "anim-way" })] : [];
    const over = OVER[key]?.() || [];
    return s("svg", { viewBox: "-60 -40 120 80", preserveAspectRatio: "xMidYMid slice", "aria-hidden": "true" }, scene, ...way, ...over);
}

function tunnel() {
    // each frame is 1.6 times the one inside it, so that scaling by 1.6 loops
    const colors = ["#3b4b7a", "#5a74a8", "#8fb0cf", "#e8d3a2", "#f0a45d"];
    const frames = [];
    for (let k = 0; k < 9; k++) {
        const half = 150 / Math.pow(1.6, k);
        frames.push(s("rect", { x: -half, y: -half * 0.67, width: 2 * half, height: half * 1.34, rx: half * 0.14, fill: colors[k % 2 ? (k >> 1) % 5 : ((k >> 1) + 2) % 5] }));
    }
    return frames;
}

function landscape() {
    const hills = (/** @type {number} */ y, /** @type {string} */ color, /** @type {number} */ shift) =>
        s("path", { d: `M-240 ${y} q30 -22 60 0 t60 0 t60 0 t60 0 t60 0 t60 0 t60 0 t60 0 t60 0 V120 H-240 Z`, fill: color, transform: `translate(${shift})` });
    return [
        s("rect", { x: -300, y: -120, width: 600, height: 240, fill: "#8fb0cf" }),
        s("circle", { cx: 18, cy: -14, r: 10, fill: "#f6d58a" }),
        hills(10, "#5a74a8", 0),
        hills(22, "#3b4b7a", 25),
        s("path", { d: "M-22 26 L-19 -10 H-13 L-10 26 Z", fill: "#f4efe6" }),
        s("path", { d: "M-20 -10 h8 v-7 h-8 Z", fill: "#d9634c" }),
    ];
}

/** A figure that keeps its size, and rays around it that do not. */
function subject() {
    const rays = [];
    for (let k = 0; k < 16; k++) rays.push(s("path", { d: "M0 0 L120 -10 V10 Z", fill: k % 2 ? "#5a74a8" : "#8fb0cf", transform: `rotate(${k * 22.5}) translate(8)` }));
    return [
        s("rect", { x: -120, y: -80, width: 240, height: 160, fill: "#3b4b7a" }),
        s("g", { class: "anim-around" }, rays),
        s("circle", { cx: 0, cy: -12, r: 9, fill: "#f4efe6" }),
        s("path", { d: "M-15 28 Q-15 0 0 0 Q15 0 15 28 Z", fill: "#f4efe6" }),
    ];
}

/** Walls of houses on both sides, and the end of the street in the middle. */
function street() {
    const wall = (/** @type {number} */ side, /** @type {number} */ k) => {
        const [near, far] = [150 / Math.pow(1.6, k), 150 / Math.pow(1.6, k + 1)];
        return s("path", { d: `M${side * near} ${-near} L${side * far} ${-far} V${far * 0.5} L${side * near} ${near * 0.5} Z`, fill: k % 2 ? "#5a74a8" : "#8a6f73" });
    };
    const walls = [];
    for (let k = 0; k < 7; k++) walls.push(wall(-1, k), wall(1, k));
    return [s("rect", { x: -200, y: -200, width: 400, height: 200, fill: "#f6d58a" }), s("rect", { x: -200, y: 0, width: 400, height: 200, fill: "#3b4b7a" }), ...walls];
}

/** A road to the horizon, as over a dashboard. */
function dashcam() {
    return [
        s("rect", { x: -100, y: -80, width: 200, height: 80, fill: "#f0a45d" }),
        s("rect", { x: -100, y: -6, width: 200, height: 90, fill: "#5f7a55" }),
        s("path", { d: "M-4 -6 H4 L70 60 H-70 Z", fill: "#3a3f4c" }),
        s("path", { d: "M0 -2 V2 M0 6 V12 M0 18 V30", stroke: "#f4efe6", "stroke-width": 2.5 }),
    ];
}

/** A field under an evening sky. */
function meadow() {
    return [
        s("rect", { x: -100, y: -80, width: 200, height: 92, fill: "#f0a45d" }),
        s("circle", { cx: 30, cy: 6, r: 11, fill: "#f6d58a" }),
        s("rect", { x: -100, y: 8, width: 200, height: 80, fill: "#5f7a55" }),
    ];
}

/** Somebody in the middle of a step. */
function walker() {
    const limbs = "M0 -14 V6 M0 -10 L-7 -1 L-5 6 M0 -10 L8 -3 L13 1 M0 6 L-6 17 L-14 25 M0 6 L6 16 L10 28";
    const body = [s("path", { d: limbs, fill: "none", stroke: "#2b4a9b", "stroke-width": 5, "stroke-linecap": "round", "stroke-linejoin": "round" }), s("circle", { cx: 1, cy: -22, r: 6, fill: "#7a4b36" })];
    return [s("g", { class: "anim-walker" }, body)];
}
