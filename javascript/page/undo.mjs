// @ts-check
/* The states of the form before each change, to go back to and forth again. */

const MOST = 200; // states that are kept

/**
 * @template State
 * @returns a stack of states
 */
export function stack() {
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
        if (!what || what !== last) past = [...past, state].slice(-MOST);
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
