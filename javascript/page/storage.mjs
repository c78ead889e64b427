// @ts-check
/* Values kept in the browser's local storage. */

/**
 * A stored value, or `fallback`.
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
        // storage is optional
    }
}
