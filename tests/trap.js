"use strict";
// Runs in every frame before anything of the page does. Whatever a hostile text manages to do leaves a line in
// `traps` of the outermost window; `hit(17)` is what hostile text number 17 calls, and `pwned = …` an older spelling.
(() => {
  const top = (() => {
    let one = window;
    try {
      while (one.parent !== one && one.parent.traps) one = one.parent;
    } catch {} // a frame of another origin may not look up
    return one;
  })();
  const traps = (window.traps = top === window ? [] : top.traps);
  const note = (text) => traps.push(String(text).slice(0, 200));
  window.hit = (...what) => note("hit " + what.join(" "));
  for (const name of ["alert", "confirm", "prompt", "print", "open", "fetch"])
    window[name] = (...rest) => note(name + " " + rest.join(" "));
  // A text that becomes code, in every way there is.
  const trapped = (holder, name, when = () => true) => {
    const before = holder && holder[name];
    if (typeof before !== "function") return;
    const after = function (...rest) {
      if (when(...rest)) note(name + " " + rest.join(" "));
      return new.target ? Reflect.construct(before, rest, new.target) : Reflect.apply(before, this, rest);
    };
    after.prototype = before.prototype;
    holder[name] = after;
  };
  const code = (first) => typeof first === "string";
  trapped(window, "eval");
  trapped(window, "Function");
  trapped(window, "setTimeout", code);
  trapped(window, "setInterval", code);
  trapped(document, "write");
  trapped(document, "writeln");
  for (const name of ["XMLHttpRequest", "WebSocket", "EventSource", "Worker", "SharedWorker", "RTCPeerConnection"])
    trapped(window, name);
  trapped(Navigator.prototype, "sendBeacon");
  trapped(window.ServiceWorkerContainer && ServiceWorkerContainer.prototype, "register");
  trapped(window.Clipboard && Clipboard.prototype, "readText");
  // What the policy of a page forbade: nothing of ours should ever try.
  window.violations = [];
  addEventListener("securitypolicyviolation", (event) =>
    window.violations.push(event.effectiveDirective + " " + event.blockedURI + " " + event.sample));
})();
