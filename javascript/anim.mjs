// @ts-check
/* The script that WebUIs and `anim ui` load: this file alone. The page's parts are modules in page/, served by our own
   routes, so that each module has one address and is never older than this file. (WebUIs load each file of the folder
   javascript/ separately, under an address with its time stamp.) */

const MAIN = "anim/assets/page/main.mjs"; // relative to the page

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

let due = 0;
function soon() {
    due = due || window.setTimeout(() => ((due = 0), place()), 30);
}

new MutationObserver(soon).observe(document.documentElement, { childList: true, subtree: true });
place();
