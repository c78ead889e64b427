// @ts-check
/* Small choices that outlive the page, in the browser's storage. */

/**
 * What was kept; `fallback` where nothing was, or nothing can be.
 * @param {string} name
 * @param {string} fallback
 */
export function recall(name, fallback) {
    try {
        return localStorage.getItem("anim." + name) || fallback;
    } catch (error) {
        return fallback;
    }
}

/**
 * @param {string} name
 * @param {string} value
 */
export function remember(name, value) {
    try {
        localStorage.setItem("anim." + name, value);
    } catch (error) {
        // nothing depends on it
    }
}
