// The one script of the desk. A part of a page that needs one has data-desk="name"; nothing is loaded from anywhere.
"use strict";

const desk = {
  token: document.querySelector("meta[name=csrftoken]").content,
  parts: {},

  // Have `start` called with every element that has data-desk="name".
  register(name, start) { this.parts[name] = start; },

  // Ask the desk; returns {ok, data}. Whatever goes wrong has a message and a remedy.
  async request(url, options = {}) {
    const headers = { accept: "application/json", "x-csrftoken": this.token, ...(options.headers || {}) };
    try {
      const answer = await fetch(url, { ...options, headers, credentials: "same-origin" });
      return { ok: answer.ok, data: await answer.json() };
    } catch {
      const words = document.body.dataset;
      return { ok: false, data: { message: words.gone, remedy: words.goneRemedy } };
    }
  },

  get(url) { return this.request(url); },

  post(url, fields = {}) { return this.request(url, { method: "POST", body: new URLSearchParams(fields) }); },
};

// Files dropped or chosen are sent one after another as they are; the page then shows what came of them.
desk.register("drop", (area) => {
  const input = area.querySelector("input[type=file]");
  const state = area.querySelector(".state");

  const sizes = JSON.parse(area.dataset.sizes), dialog = area.querySelector("dialog");
  const remarks = sessionStorage.getItem(area.dataset.url);
  if (remarks) {
    sessionStorage.removeItem(area.dataset.url);
    state.textContent = remarks;
    state.classList.add("lines", "note", "warn");
  }

  // What to do with a file that is not the one of this name: replace, both or skip.
  function ask(name) {
    dialog.querySelector("b").textContent = name;
    dialog.returnValue = "skip";
    dialog.showModal();
    return new Promise((answer) => dialog.addEventListener("close", () => answer(dialog.returnValue), { once: true }));
  }

  async function send(files) {
    const remarks = [];
    let sent = 0;
    for (const [place, file] of files.entries()) {
      state.textContent = `${area.dataset.sending} ${place + 1}/${files.length}: ${file.name}`;
      const headers = { "content-type": "application/octet-stream", "x-file-name": encodeURIComponent(file.name) };
      const wanted = file.size === (sizes[file.name] ?? file.size) ? "both" : await ask(file.name);
      if (wanted === "skip") continue;
      if (wanted === "replace") headers["x-file-replace"] = "1";
      const { ok, data } = await desk.request(area.dataset.url, { method: "POST", body: file, headers });
      if (ok && !data.message) sent += 1;
      else remarks.push(`${data.message.includes(file.name) ? "" : file.name + ": "}${data.message}\n${data.remedy || ""}`.trim());
    }
    if (remarks.length) sessionStorage.setItem(area.dataset.url, [`${area.dataset.sent} ${sent}/${files.length}`, ...remarks].join("\n"));
    location.assign(area.dataset.done);
  }

  input.addEventListener("change", () => { if (input.files.length) send([...input.files]); });
  // Beside the area too: else the browser would leave the page and open the file.
  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, (event) => { event.preventDefault(); area.classList.add("over"); });
  }
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) area.classList.remove("over"); });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    area.classList.remove("over");
    const files = [...event.dataTransfer.files];
    if (files.length) send(files);
  });
});

// A form that is sent as soon as another choice is made.
desk.register("send-on-change", (form) => form.addEventListener("change", () => form.requestSubmit()));

// A form that takes its time: its buttons say so, and cannot be pressed twice.
desk.register("busy", (form) => form.addEventListener("submit", (event) => setTimeout(() => {
  if (event.submitter) event.submitter.textContent = form.dataset.busy;
  for (const button of form.querySelectorAll("button")) button.disabled = true;
})));

// A table that narrow screens show as cards: each cell gets the heading of its column.
desk.register("stack", (table) => {
  const heads = [...(table.tHead?.rows[0]?.cells || [])].map((cell) => cell.textContent.trim());
  for (const row of table.rows) for (const [place, cell] of [...row.cells].entries()) {
    if (cell.tagName === "TD" && cell.colSpan === 1 && heads[place] && !cell.dataset.label) cell.dataset.label = heads[place];
  }
});

// A form in which rows with another choice than before are marked.
desk.register("mark-changes", (form) => form.addEventListener("change", (event) => {
  const isChanged = [...event.target.options || []].some((option) => option.selected !== option.defaultSelected);
  event.target.closest("tr")?.classList.toggle("changed", isChanged);
}));

// A button that asks before it acts.
desk.register("confirm", (button) => button.addEventListener("click", (event) => {
  if (!confirm(button.dataset.question)) event.preventDefault();
}));

// A job at work: its stage and share, asked for again and again; the page is loaded anew when it ends.
desk.register("job", (card) => {
  const bar = card.querySelector("progress"), stage = card.querySelector(".stage"), left = card.querySelector(".left");
  async function look() {
    const answer = await desk.get(card.dataset.url);
    if (answer.ok && answer.data.state !== "running") { location.reload(); return; }
    if (answer.ok) {
      stage.textContent = answer.data.stage;
      left.textContent = answer.data.left;
      if (answer.data.share) bar.value = answer.data.share;
    } else left.textContent = `${answer.data.message} ${answer.data.remedy}`;
    setTimeout(look, 700);
  }
  setTimeout(look, 400);
});

// A page that is long in coming: the pointer shows that it is asked for.
for (const name of ["submit", "click"]) document.addEventListener(name, (event) => setTimeout(() => {
  const isLink = event.target.closest?.("a[href]:not([href^='#'])");
  if (!event.defaultPrevented && (name === "submit" || isLink)) mark(true);
}));
function mark(isWaiting) {
  document.body.classList.toggle("waiting", isWaiting);
  if (isWaiting) setTimeout(() => mark(false), 8000); // a download leaves the page as it is
}
window.addEventListener("pageshow", () => mark(false));

document.addEventListener("DOMContentLoaded", () => {
  for (const part of document.querySelectorAll("[data-desk]")) desk.parts[part.dataset.desk]?.(part);
});

// "/" goes to the search, as on other sites.
desk.register("search-key", (input) => document.addEventListener("keydown", (event) => {
  const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  input.focus();
  input.select();
}));

// Keys of the review: the element with the key in data-keys is pressed. Nothing while somebody types.
desk.register("review", (area) => {
  const names = { " ": "space", Backspace: "backspace" };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const target = event.target, key = names[event.key] || event.key.toLowerCase();
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName) && target.type !== "checkbox") return;
    if (key === "space" && /^(BUTTON|A|SUMMARY|INPUT)$/.test(target.tagName)) return;
    const pressed = [...area.querySelectorAll("[data-keys]")].find((one) => one.dataset.keys.split(" ").includes(key));
    if (!pressed || area.classList.contains("sent")) return;
    event.preventDefault();
    area.classList.add("sent");
    pressed.click();
  });
});

// The name of the reviewer counts as it is typed, for every decision of the page.
desk.register("reviewer", (form) => document.addEventListener("submit", (event) => {
  const name = form.querySelector("[name=who]").value.trim();
  for (const field of event.target.querySelectorAll("input[type=hidden][name=who]")) if (name) field.value = name;
}, true));

// Sliders: what they are set to is asked for while they are moved; the last answer counts.
desk.register("whatif", (form) => {
  const result = document.getElementById("whatif-result");
  let number = 0;
  async function ask() {
    for (const input of form.querySelectorAll("input[type=range]")) {
      if (input.nextElementSibling !== document.activeElement) input.nextElementSibling.value = input.value;
      const kept = document.querySelector(`#keep [name=${input.name}]`);
      if (kept) kept.value = input.value;
    }
    const own = ++number;
    const answer = await desk.get(`/whatif/estimate?${new URLSearchParams(new FormData(form))}`);
    if (own !== number) return;
    result.querySelector("[data-error]").textContent = answer.ok ? "" : `${answer.data.message} ${answer.data.remedy}`;
    if (!answer.ok) return;
    for (const [name, text] of Object.entries(answer.data)) {
      const place = document.querySelector(`[data-value="${name}"]`);
      if (place) place.textContent = text;
    }
  }
  form.addEventListener("input", (event) => {
    if (event.target.type === "number") event.target.previousElementSibling.value = event.target.value;
    ask();
  });
});
