/* The screen: the newest picture of a film, the film itself, and while it is being painted what there is of it so far. */
(function () {
    "use strict";
    const anim = (window.anim = window.anim || {});
    const { h, t, clear } = anim;
    const screen = (anim.screen = {});
    const REST = 700; // milliseconds that the film so far stands on its last picture before it begins again
    const OVER = ["done", "stopped", "failed"];
    const parts = {};
    let latest = null; // the job or film that is shown, as it was told last
    let drawn = ""; // what is on the screen, so that it is not loaded twice
    let held = ""; // the address of the film so far, which it is played from again and again
    let watched = "picture"; // or "film": what is looked at while a film is being painted

    screen.build = function () {
        parts.screen = h("div", { class: "anim-screen", id: "anim_screen" });
        const choices = { picture: t("Current picture"), film: t("Film so far") };
        parts.choice = anim.choice("anim_watch", choices, watched, (chosen) => ((watched = chosen), screen.show(latest)));
        empty();
        return parts.screen;
    };

    /** The switch between the picture under way and the film so far; seen while there is such a film. */
    screen.choice = function () {
        parts.choice.hidden = true;
        return parts.choice;
    };

    /** The size of pictures to come, as a ratio of sides. */
    screen.ratio = (ratio) => parts.screen.style.setProperty("--anim-ratio", ratio);

    screen.show = function (view) {
        latest = view;
        const over = OVER.includes(view.state);
        const grows = !over && Boolean(view.video) && view.frame > 1;
        parts.choice.hidden = !grows;
        if (over && view.video) once(view.id + " film " + view.video, () => put(film(address(view), { controls: true, loop: true })));
        else if (grows && watched === "film") once(view.id + " so far", soFar);
        else if (view.frame) once(view.id + " picture " + view.frame, () => put(picture(view)));
        else if (over || !drawn) empty();
    };

    const path = (view) => "runs/" + encodeURIComponent(view.id);
    const address = (view) => anim.url(path(view) + "/video?v=" + view.video);

    function once(wanted, draw) {
        if (wanted === drawn) return;
        drawn = wanted;
        draw();
    }

    function empty() {
        drawn = "";
        parts.screen.coming = null;
        clear(
            parts.screen,
            h("div", { class: "anim-empty" }, h("strong", {}, t("Your film appears here")), h("span", {}, t("Preview movement shows the camera at once; Generate paints the film."))),
        );
    }

    function picture(view) {
        return h("img", { id: "anim_frame", alt: t("The newest picture"), src: anim.url(path(view) + "/frame?n=" + view.frame) });
    }

    function film(src, more) {
        return h("video", { id: "anim_video", src, muted: true, autoplay: true, playsInline: true, ...more });
    }

    /** Show a picture or film once it can be seen; what cannot be loaded is tried again with the next look. */
    async function put(node) {
        const wanted = drawn;
        const shown = await anim.swap(parts.screen, node);
        if (!shown && drawn === wanted) drawn = "";
        if (shown) {
            screen.ratio(node.videoWidth / node.videoHeight || node.naturalWidth / node.naturalHeight);
            URL.revokeObjectURL(held);
            held = node.src;
        }
        return shown;
    }

    // -- the film so far ------------------------------------------------------------------------------------------

    /** What there is of the film, taken as a whole: the file grows while it is played, and is another one in the end. */
    async function soFar() {
        const view = latest;
        const wanted = drawn;
        const blob = await anim.ask(path(view) + "/video").then((answer) => answer.blob()).catch(() => null);
        if (drawn !== wanted) return;
        if (!blob) {
            drawn = ""; // nobody answered; tried again with the next look
            return;
        }
        const player = film(URL.createObjectURL(blob), { id: "anim_so_far" });
        player.addEventListener("ended", () => setTimeout(() => goOn(player, view.video), REST));
        if (await put(player)) return;
        URL.revokeObjectURL(player.src);
        // until enough of it is written to be played, the newest picture; tried again with the next look
        if (!drawn && latest.id === view.id && !parts.screen.querySelector("#anim_so_far")) put(picture(latest));
    }

    /** From the beginning again, with what was painted meanwhile. */
    function goOn(player, stamp) {
        if (!player.isConnected || drawn !== latest.id + " so far") return;
        if (latest.video !== stamp) soFar();
        else player.play(); // one that has ended begins anew
    }
})();
