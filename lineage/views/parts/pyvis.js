"use strict";
// vis fits everything into its frame, too small to read. Start at the base, as large as the width allows;
// the rest is reached by dragging. `network` is the name that pyvis gives its drawing.
(() => {
  const places = Object.values(network.getPositions());
  const xs = places.map((place) => place.x);
  const left = Math.min(...xs) - 130;
  const right = Math.max(...xs) + 130;
  const frame = document.getElementById("mynetwork");
  const scale = Math.max(0.6, Math.min(1, frame.clientWidth / (right - left)));
  network.moveTo({
    position: {
      x: left + frame.clientWidth / scale / 2,
      y: Math.min(...places.map((place) => place.y)) - 45 + frame.clientHeight / scale / 2,
    },
    scale,
    animation: false,
  });
})();
