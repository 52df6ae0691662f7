"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const body = document.querySelector(".body");
const rows = [...body.children];
const evidence = document.querySelector("output");
const words = { y: "yes", n: "no", u: "unknown" };
const cursor = { row: null, at: 0, mark: document.createElement("b") };

// The verdict and the reason of a name in a version: runs are [first, letter, reason].
function cell(row, at) {
  const runs = data.names[row.dataset.i].runs;
  let run = runs[0];
  for (const each of runs) if (each[0] <= at) run = each;
  return { letter: run[1], reason: data.reasons[run[2]].replaceAll("{version}", data.versions[at]) };
}

function line(text, before, letter) {
  const div = document.createElement("div");
  div.textContent = before;
  if (letter) {
    const strong = document.createElement("strong");
    strong.className = letter;
    strong.textContent = words[letter];
    div.append(strong);
  }
  div.append(text);
  return div;
}

function show(row, at) {
  const name = data.names[row.dataset.i];
  const { letter, reason } = cell(row, at);
  const lines = [line(reason ? ": " + reason : "", `${name.name} in ${data.package} ${data.versions[at]}: `, letter)];
  if (name.uses.length) {
    const more = name.uses.length > 6 ? `, and ${name.uses.length - 6} more` : "";
    lines.push(line(`${name.uses.slice(0, 6).join(", ")}${more}`, `${name.need}: `));
  }
  evidence.replaceChildren(...lines);
  return `${data.package} ${data.versions[at]}: ${words[letter]}. ${reason}`;
}

function move(row, at, focus) {
  const cells = row.lastElementChild;
  if (cursor.row && cursor.row !== row) cursor.row.lastElementChild.tabIndex = -1;
  cursor.row = row;
  cursor.at = Math.max(0, Math.min(data.versions.length - 1, at));
  cursor.mark.style.left = `${(100 * cursor.at) / data.versions.length}%`;
  cells.append(cursor.mark);
  cells.tabIndex = 0;
  cells.setAttribute("aria-label", show(row, cursor.at));
  if (focus) {
    cells.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }
}

function neighbour(row, step) {
  for (let next = row; (next = step > 0 ? next.nextElementSibling : next.previousElementSibling); ) {
    if (!next.hidden) return next;
  }
  return row;
}

function version_at(cells, x) {
  const box = cells.getBoundingClientRect();
  return Math.floor(((x - box.left) / box.width) * data.versions.length);
}

body.addEventListener("pointermove", (event) => {
  const cells = event.target.closest(".cells");
  if (cells) show(cells.parentElement, Math.max(0, Math.min(data.versions.length - 1, version_at(cells, event.clientX))));
});
body.addEventListener("pointerleave", () => cursor.row && show(cursor.row, cursor.at));
body.addEventListener("click", (event) => {
  const row = event.target.closest(".row");
  const cells = event.target.closest(".cells");
  if (row) move(row, cells ? version_at(cells, event.clientX) : cursor.at, true);
});
body.addEventListener("focusin", (event) => {
  const cells = event.target.closest(".cells");
  if (cells && cells.parentElement !== cursor.row) move(cells.parentElement, cursor.at, false);
});
body.addEventListener("keydown", (event) => {
  if (!cursor.row || event.ctrlKey || event.altKey || event.metaKey) return;
  const last = data.versions.length - 1;
  const steps = {
    ArrowLeft: () => move(cursor.row, cursor.at - 1, true),
    ArrowRight: () => move(cursor.row, cursor.at + 1, true),
    ArrowUp: () => move(neighbour(cursor.row, -1), cursor.at, true),
    ArrowDown: () => move(neighbour(cursor.row, 1), cursor.at, true),
    Home: () => move(cursor.row, 0, true),
    End: () => move(cursor.row, last, true),
  };
  if (!steps[event.key]) return;
  event.preventDefault();
  steps[event.key]();
});

const form = document.querySelector("form");
const count = document.getElementById("count");
const shows = {
  all: () => true,
  changes: (name) => name.changes,
  gone: (name) => name.newest !== "y",
  unknown: (name) => name.runs.some((run) => run[1] === "u"),
};
const keys = {
  name: () => 0,
  first: (name) => -name.since,
  last: (name) => -name.until,
  need: (name) => ["must", "path", "optional", "type"].indexOf(name.need),
};

function filter() {
  const terms = form.search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const name = data.names[row.dataset.i];
    const text = (name.name + " " + name.uses.join(" ")).toLowerCase();
    row.hidden = !(shows[form.show.value](name) && terms.every((term) => text.includes(term)));
    if (!row.hidden) shown += 1;
  }
  count.textContent = `${shown} of ${rows.length} names`;
  if (cursor.row && cursor.row.hidden) cursor.row.lastElementChild.tabIndex = -1;
  const first = rows_in_order().find((row) => !row.hidden);
  if (first && (!cursor.row || cursor.row.hidden)) move(first, cursor.row ? cursor.at : data.versions.length - 1, false);
}

const rows_in_order = () => [...body.children];

function sort() {
  const key = keys[form.sort.value];
  const order = rows.map((row) => [key(data.names[row.dataset.i]), Number(row.dataset.i), row]);
  order.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  body.append(...order.map((each) => each[2]));
}

form.addEventListener("submit", (event) => event.preventDefault());
form.search.addEventListener("input", filter);
form.show.addEventListener("change", filter);
form.sort.addEventListener("change", sort);
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target === form.search) return;
  event.preventDefault();
  form.search.focus();
});
filter();
