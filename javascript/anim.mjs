// @ts-check
/* The script that WebUIs and `anim ui` load: this file alone. The page's parts are modules in page/, served by our own
   routes, so that each module has one address and is never older than this file. (WebUIs load each file of the folder
   javascript/ separately, under an address with its time stamp.) */

const MAIN = "anim/assets/page/main.mjs"; // relative to the page

/** @type {Promise<typeof import("./page/main.mjs") | void> | undefined} */
let main; // imported once the placeholder exists; by then the host has mounted our routes

function place() {
    const host = document.getElementById("anim_root");
    if (!host) return;
    main = main || import(new URL(MAIN, location.href).href).catch((error) => void (host.textContent = String(error)));
    main.then((page) => page?.place(host));
}

let due = 0;
function soon() {
    due = due || window.setTimeout(() => ((due = 0), place()), 30);
}

new MutationObserver(soon).observe(document.documentElement, { childList: true, subtree: true });
place();
