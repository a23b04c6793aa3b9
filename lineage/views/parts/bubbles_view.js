"use strict";
// The canvas in its window: how it is moved, what is under the pointer, the keyboard.
const map = (() => {
  const { count, parent, size } = lineage.family;
  const { x, y, chosen, sized, off, fit, draw } = bubbles;
  const canvas = document.getElementById("map");
  const ink = canvas.getContext("2d", { alpha: false });
  const listeners = []; // called with the row that is pointed at, or kept
  let width = 0;
  let height = 0;
  let view = { scale: 1, x: 0, y: 0 };
  let whole = true; // the whole family is shown, also when the window changes
  let waiting = false;

  const paint = () => {
    waiting = false;
    const density = window.devicePixelRatio || 1;
    const [across, down] = [Math.round(width * density), Math.round(height * density)];
    if (canvas.width !== across) canvas.width = across;
    if (canvas.height !== down) canvas.height = down;
    ink.setTransform(density, 0, 0, density, 0, 0);
    const drawn = draw(ink, width, height, { ...view, taken: [width - 135, height - 50, width, height] }); // by buttons
    // for those who drive the page: what the picture shows just now
    Object.assign(canvas.dataset, drawn, { scale: view.scale.toFixed(4), x: view.x.toFixed(1), y: view.y.toFixed(1) });
  };
  const redraw = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(paint);
  };

  // --- moving ---
  const least = () => fit(width, height).scale * 0.6;
  const pan = (dx, dy) => {
    view = { scale: view.scale, x: view.x + dx, y: view.y + dy };
    whole = false;
    redraw();
  };
  const zoom = (by, cx = width / 2, cy = height / 2) => {
    const scale = Math.min(Math.max(view.scale * by, least()), Math.max(6, least()));
    const part = scale / view.scale;
    view = { scale, x: cx - (cx - view.x) * part, y: cy - (cy - view.y) * part };
    whole = false;
    redraw();
  };
  const all = () => {
    view = fit(width, height);
    whole = true;
    redraw();
  };
  // Shows a model: so near that its name can be read, and its surroundings with it.
  const go = (row) => {
    const scale = Math.max(view.scale, Math.min(3, 13 / sized()[row]));
    view = { scale, x: width / 2 - x[row] * scale, y: height / 2 - y[row] * scale };
    whole = false;
    redraw();
  };
  const reach = (row) => {
    const [px, py] = [x[row] * view.scale + view.x, y[row] * view.scale + view.y];
    const edge = Math.min(60, width / 6);
    const dx = px < edge ? edge - px : px > width - edge ? width - edge - px : 0;
    const dy = py < edge ? edge - py : py > height - edge ? height - edge - py : 0;
    if (dx || dy) pan(dx, dy);
  };

  // --- what is where: rows by square of the picture; discs never overlap, so the first that holds the point is it ---
  const CELL = 120;
  const grid = new Map();
  for (let row = 0; row < count; row++) {
    const wide = Math.max(data(row), 1);
    for (let across = Math.floor((x[row] - wide) / CELL); across <= Math.floor((x[row] + wide) / CELL); across++) {
      for (let down = Math.floor((y[row] - wide) / CELL); down <= Math.floor((y[row] + wide) / CELL); down++) {
        const key = across * 1e6 + down;
        if (!grid.has(key)) grid.set(key, []);
        grid.get(key).push(row);
      }
    }
  }
  function data(row) {
    return Math.max(lineage.data.r[row], lineage.data.wide[row] ?? 0) * 1.25;
  }
  // The row at a point of the window, -1 for none; `most`: how far from its edge, in points.
  const at = (px, py, most = 4) => {
    const [wx, wy] = [(px - view.x) / view.scale, (py - view.y) / view.scale];
    const slack = most / view.scale;
    const radii = sized();
    let [best, nearest] = [-1, slack];
    for (let across = Math.floor((wx - slack) / CELL); across <= Math.floor((wx + slack) / CELL); across++) {
      for (let down = Math.floor((wy - slack) / CELL); down <= Math.floor((wy + slack) / CELL); down++) {
        for (const row of grid.get(across * 1e6 + down) ?? []) {
          const away = Math.hypot(x[row] - wx, y[row] - wy) - radii[row];
          if (away < nearest && !off(row)) [best, nearest] = [row, away];
        }
      }
    }
    return best;
  };
  const middle = () => {
    let [best, nearest] = [-1, Infinity];
    const [wx, wy] = [(width / 2 - view.x) / view.scale, (height / 2 - view.y) / view.scale];
    for (let row = 0; row < count; row++) {
      const away = Math.hypot(x[row] - wx, y[row] - wy) - sized()[row];
      if (away < nearest && !off(row)) [best, nearest] = [row, away];
    }
    return best;
  };

  // --- choosing a model ---
  const tell = () => listeners.forEach((call) => call());
  const over = (row) => {
    if (row === chosen.over) return;
    chosen.over = row;
    canvas.classList.toggle("over", row >= 0);
    redraw();
    tell();
  };
  const keep = (row) => {
    if (row === chosen.kept) return;
    chosen.kept = row;
    chosen.over = -1;
    bubbles.settle();
    redraw();
    tell();
  };

  // --- pointer: one moves, two zoom ---
  const points = new Map();
  let moved = 0;
  let apart = 0;
  const spot = (event) => {
    const frame = canvas.getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top];
  };
  const spread = () => {
    const [one, two] = [...points.values()];
    return [Math.hypot(one[0] - two[0], one[1] - two[1]), (one[0] + two[0]) / 2, (one[1] + two[1]) / 2];
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    points.set(event.pointerId, spot(event));
    if (points.size === 1) moved = 0;
    if (points.size === 2) [apart] = spread();
  });
  canvas.addEventListener("pointermove", (event) => {
    const [px, py] = spot(event);
    const before = points.get(event.pointerId);
    if (!before) return over(at(px, py));
    points.set(event.pointerId, [px, py]);
    if (points.size === 1) {
      moved += Math.abs(px - before[0]) + Math.abs(py - before[1]);
      if (moved > 4) pan(px - before[0], py - before[1]);
    } else if (points.size === 2) {
      moved = 99;
      const [now, cx, cy] = spread();
      if (apart) zoom(now / apart, cx, cy);
      pan((px - before[0]) / 2, (py - before[1]) / 2);
      apart = now;
    }
  });
  const up = (event) => {
    const was = points.delete(event.pointerId);
    if (was && event.type === "pointerup" && moved <= 4 && !points.size) {
      const row = at(...spot(event), event.pointerType === "touch" ? 14 : 4);
      keep(row === chosen.kept ? -1 : row);
    }
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("pointerleave", () => points.size || over(-1));
  // A page that is scrolled through must not be caught by its picture: a wheel zooms after a click, or with Ctrl.
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey && document.activeElement !== canvas) return;
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 30 : 1;
    const step = event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0018); // fingers that pinch report small steps
    zoom(Math.exp(-Math.min(Math.max(step, -0.5), 0.5)), ...spot(event));
  }, { passive: false });

  // --- keyboard ---
  const beside = (row, step) => {
    const base = parent[row];
    if (base < 0) return row;
    let before = -1;
    for (let each = base + 1; each < base + size[base]; each += size[each]) {
      if (each === row && step < 0) return before < 0 ? row : before;
      if (before === row && step > 0) return each;
      before = each;
    }
    return row;
  };
  const steps = {
    ArrowUp: [0, 60, (row) => Math.max(parent[row], 0)],
    ArrowDown: [0, -60, (row) => (size[row] > 1 ? row + 1 : row)],
    ArrowLeft: [60, 0, (row) => beside(row, -1)],
    ArrowRight: [-60, 0, (row) => beside(row, 1)],
  };
  const keys = {
    "+": () => zoom(1.4),
    "=": () => zoom(1.4),
    "-": () => zoom(1 / 1.4),
    "0": all,
    Escape: () => keep(-1),
    Enter: () => {
      if (chosen.kept >= 0) return keep(-1);
      keep(chosen.over >= 0 ? chosen.over : middle());
    },
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key in steps) {
      const [dx, dy, next] = steps[event.key];
      if (chosen.kept < 0) pan(dx, dy);
      else {
        keep(next(chosen.kept));
        reach(chosen.kept);
      }
    } else if (event.key in keys) keys[event.key]();
    else return;
    event.preventDefault();
  });
  document.getElementById("closer").addEventListener("click", () => zoom(1.5));
  document.getElementById("farther").addEventListener("click", () => zoom(1 / 1.5));
  document.getElementById("fit").addEventListener("click", all);

  // --- the window, the theme, paper ---
  const measure = () => {
    const frame = canvas.parentElement;
    if (frame.clientWidth === width && frame.clientHeight === height) return;
    const [left, top] = [(width - frame.clientWidth) / 2, (height - frame.clientHeight) / 2];
    [width, height] = [frame.clientWidth, frame.clientHeight];
    view = whole ? fit(width, height) : { scale: view.scale, x: view.x - left, y: view.y - top };
    redraw();
  };
  measure();
  new ResizeObserver(measure).observe(canvas.parentElement);
  const recolour = () => {
    bubbles.theme();
    redraw();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  // Paper is white whatever the screen is; a canvas has to be drawn anew for that.
  const root = document.documentElement;
  addEventListener("beforeprint", () => {
    root.classList.add("light");
    bubbles.theme();
    paint();
  });
  addEventListener("afterprint", () => {
    root.classList.remove("light");
    recolour();
  });

  const place = (row) => [x[row] * view.scale + view.x, y[row] * view.scale + view.y, sized()[row] * view.scale];
  return { canvas, redraw, recolour, keep, go, all, place, on: (call) => listeners.push(call), room: () => [width, height] };
})();
