// @ts-check
/* The states before each change, such as of the form, to go back to and forth again. */

/**
 * @template State
 * @param {number} [most] states that are kept
 * @returns a stack of states
 */
export function stack(most = 200) {
    /** @type {State[]} */
    let past = [];
    /** @type {State[]} */
    let future = [];
    let last = ""; // what the last change was of

    /**
     * Record the state before a change; the letters that are typed into one field are one change.
     * @param {string} what was changed, such as a field; empty for a change of its own
     * @param {State} state
     */
    function record(what, state) {
        if (!what || what !== last) past = [...past, state].slice(-most);
        future = [];
        last = what;
    }

    /**
     * Exchange the state of now for the one before it; undefined if there is none.
     * @param {State} now
     */
    function back(now) {
        const state = past.pop();
        if (state !== undefined) future.push(now);
        last = "";
        return state;
    }

    /**
     * Exchange the state of now for the one that was gone back from; undefined if there is none.
     * @param {State} now
     */
    function forth(now) {
        const state = future.pop();
        if (state !== undefined) past.push(now);
        last = "";
        return state;
    }

    return { record, back, forth };
}
