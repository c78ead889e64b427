// @ts-check
/* The script that WebUIs and `anim ui` load: this file alone. The page's parts are modules in page/, served by our own
   routes, so that each module has one address and is never older than this file. (WebUIs load each file of the folder
   javascript/ separately, under an address with its time stamp.) */

const MAIN = "anim/assets/page/main.mjs"; // relative to the page
const LIVE = "anim/assets/page/live.mjs";

/** @type {Promise<typeof import("./page/main.mjs") | void> | undefined} */
let main; // imported once the placeholder exists; by then the host has mounted our routes

let shown = false; // once the tab was: our routes may ask for a login, and who does not look at it need not answer
const sight = new IntersectionObserver(
    (seen) => {
        if (!seen.some((one) => one.isIntersecting)) return;
        shown = true;
        sight.disconnect();
        place();
    },
    { rootMargin: "10000px" }, // also below the window's edge: what counts is whether its tab is open
);

function place() {
    const host = document.getElementById("anim_root");
    if (!host) return;
    if (!shown) return sight.observe(host);
    main = main || import(new URL(MAIN, location.href).href).catch((error) => void (host.textContent = String(error)));
    main.then((page) => page?.place(host));
}

/** @type {Promise<typeof import("./page/live.mjs") | void> | undefined} */
let live;
/** @type {HTMLElement | undefined} */
let awaited; // the placeholder of live photos, until its tab is shown
const liveSight = new IntersectionObserver((seen) => {
    if (!awaited || !seen.some((one) => one.isIntersecting)) return;
    liveSight.disconnect();
    const host = awaited;
    live = import(new URL(LIVE, location.href).href).catch((error) => void (host.textContent = String(error)));
    placeLive();
});

function placeLive() {
    const host = document.getElementById("anim_live");
    if (!host) return;
    if (live) live.then((page) => page?.place(host));
    else if (host !== awaited) liveSight.observe((awaited = host));
}

let due = 0;
function soon() {
    due = due || window.setTimeout(() => ((due = 0), place(), placeLive(), offer()), 30);
}

/** Add a button that sends a picture to us, behind each of the host's that send one of a gallery to another tab. */
function offer() {
    for (const other of document.querySelectorAll('button[id$="_send_to_extras"]')) {
        const tab = other.id.replace("_send_to_extras", "");
        if (document.getElementById(tab + "_send_to_anim")) continue;
        const button = /** @type {HTMLElement} */ (other.cloneNode(true));
        Object.assign(button, { id: tab + "_send_to_anim", title: "Send picture to Anim", textContent: "\u{1F39E}\uFE0F" });
        button.addEventListener("click", () => receive(tab + "_gallery"));
        other.after(button);
    }
}

/**
 * Open our tab, and begin films with the picture that is selected in a gallery, or its first.
 * @param {string} gallery
 */
async function receive(gallery) {
    const images = [".thumbnail-item.selected img", ".thumbnail-item img", "img"].map((one) => document.querySelector(`#${gallery} ${one}`));
    const image = /** @type {HTMLImageElement | undefined} */ (images.find(Boolean));
    if (!image) return;
    const data = await fetch(image.src).then((answer) => answer.blob());
    const tabs = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#tabs > .tab-nav button, #tabs [role=tab]"));
    [...tabs].find((tab) => tab.textContent?.trim() === "Anim")?.click();
    shown = true;
    place();
    (await main)?.receive(new File([data], "picture.png", { type: data.type || "image/png" }));
}

new MutationObserver(soon).observe(document.documentElement, { childList: true, subtree: true });
place();
placeLive();
