// @ts-check
/* The page of sd-webui-anim, as WebUIs and `anim ui` load it: this file alone. The page's parts are modules in page/, which
   come from our own routes: there they have one address each, so that there is one of each, and are never older than this
   file. (WebUIs load each file of the folder javascript/ by itself, under an address that tells when it was written.) */

const MAIN = "anim/assets/page/main.mjs"; // beside the page that this is

/** @type {Promise<typeof import("./page/main.mjs") | void> | undefined} */
let main; // fetched when there is a place for it; by then the host has hung in our routes

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
