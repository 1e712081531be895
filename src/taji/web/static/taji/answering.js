// Saves every answer as it is given, and keeps it on this device until the server has it.
//
// What waits is a list in localStorage, oldest first: {id, item, text, seen, sent, page, both}.
// One that was sent is never changed, only sent again under the same id until the server answers:
// so an answer whose acknowledgement was lost is kept once. `seen` is the number of the answer that
// the writer saw; while an earlier change of the same item waits it is null and filled in later.
(() => {
  "use strict";
  const form = document.querySelector("form[data-save]");
  if (!form) return;
  const say = (name) => form.dataset["say" + name] || "";
  const state = form.querySelector("[data-state]");
  const answers = [...form.querySelectorAll("[data-item]")];
  const place = (item) => answers.find((answer) => answer.dataset.item === item);
  const IDLE = 1200, RETRY = 4000;
  let running = false, again = null, signedOut = false, memory = null, lastAt = "";

  // ---- what waits
  function waiting() {
    if (memory) return memory;
    try { return JSON.parse(localStorage.getItem(form.dataset.queue) || "[]"); } catch { return []; }
  }
  function keep(list) {
    try {
      if (list.length) localStorage.setItem(form.dataset.queue, JSON.stringify(list));
      else localStorage.removeItem(form.dataset.queue);
      memory = null;
    } catch { memory = list; tell(say("Lost"), "waiting"); }
  }
  function change(id, what) {
    keep(waiting().map((one) => (one.id === id ? { ...one, ...what } : one)));
  }
  function drop(id) { keep(waiting().filter((one) => one.id !== id)); }
  function newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // ---- fields
  function read(answer) {
    const look = answer.dataset.look;
    if (look === "ticks" || look === "radios") {
      return [...answer.querySelectorAll("input:checked")].map((input) => input.value).filter(Boolean).join("|");
    }
    return answer.querySelector("input:not([type=hidden]),select,textarea").value;
  }
  // What the page was served with. The form is autocomplete=off, so that no browser fills in what
  // stood there at an earlier visit: a difference is the writer's own.
  function served(answer) {
    const look = answer.dataset.look;
    if (look === "ticks" || look === "radios") {
      return [...answer.querySelectorAll("input")].filter((input) => input.defaultChecked).map((input) => input.value).filter(Boolean).join("|");
    }
    const input = answer.querySelector("input:not([type=hidden]),select,textarea");
    return input.options ? [...input.options].find((option) => option.defaultSelected)?.value ?? "" : input.defaultValue;
  }
  function write(answer, text) {
    const look = answer.dataset.look;
    if (look === "ticks" || look === "radios") {
      const chosen = new Set(text.split("|"));
      for (const input of answer.querySelectorAll("input:not([type=hidden])")) {
        input.checked = Boolean(input.value) && chosen.has(input.value);
      }
    } else answer.querySelector("input:not([type=hidden]),select,textarea").value = text;
  }
  function mark(answer, words, look) {
    const kept = answer.querySelector("[data-kept]");
    kept.textContent = words;
    kept.className = "kept " + (look || "");
  }
  function refuse(answer, words) {
    answer.querySelector("[data-wrong]").textContent = words;
    const input = answer.querySelector("input:not([type=hidden]),select,textarea");
    if (words) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
  }
  function number(answer, value) {
    answer.dataset.number = value;
    answer.querySelector("[data-seen]").value = value;
  }

  // ---- giving
  function give(answer, text, seen) {
    const item = answer.dataset.item;
    const list = waiting().filter((one) => one.item !== item || !one.both);
    const mine = list.filter((one) => one.item === item);
    const last = mine[mine.length - 1];
    if (last && !last.sent) last.text = text;
    else if (last) list.push({ id: newId(), item, text, seen: null, page: location.pathname });
    else list.push({ id: newId(), item, text, seen: seen ?? Number(answer.dataset.number), page: location.pathname });
    keep(list);
    mark(answer, say("Saving"));
  }
  async function send(one) {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
    for (const name of ["item", "text", "seen"]) body.set(name, one[name]);
    body.set("key", one.id);
    const answer = await fetch(form.dataset.save, { method: "POST", body, keepalive: true, redirect: "manual", headers: { Accept: "application/json" } });
    if (answer.type === "opaqueredirect" || answer.status === 403) return { status: 401 };
    const known = answer.headers.get("Content-Type")?.includes("json");
    return { status: answer.status, said: known ? await answer.json() : null };
  }
  async function flush() {
    if (running || signedOut) return;
    running = true;
    clearTimeout(again);
    try {
      for (;;) {
        const one = waiting().find((entry) => !entry.both);
        if (!one) break;
        change(one.id, { sent: true });
        let got;
        try { got = await send(one); } catch { got = { status: 0 }; }
        if (got.status === 401) { signedOut = true; break; }
        if (got.status === 0 || got.status >= 500) { again = setTimeout(flush, RETRY); break; }
        settle(one, got);
      }
    } finally { running = false; }
    report();
  }
  function settle(one, got) {
    const answer = place(one.item);
    const behind = waiting().filter((entry) => entry.item === one.item && entry.id !== one.id && !entry.both);
    if (got.status === 409 && got.said && !got.said.conflict) {
      change(one.id, { id: newId() }); // the id is another answer's: this one is a change of its own
      return;
    }
    if (got.status === 409 && got.said) {
      if (behind.length) { // the writer has changed it again: that answer is the one to compare
        drop(one.id);
        change(behind[0].id, { seen: one.seen });
        return;
      }
      change(one.id, { both: got.said.conflict });
      if (answer) ask(answer, { ...one, both: got.said.conflict });
      return;
    }
    drop(one.id);
    if (got.status === 200 && got.said) {
      lastAt = got.said.at;
      keep(waiting().map((entry) => (entry.item === one.item && entry.seen === null ? { ...entry, seen: got.said.number } : entry)));
      if (!answer) return;
      number(answer, got.said.number);
      if (behind.length) return;
      const typing = answer.contains(document.activeElement) && !["ticks", "radios"].includes(answer.dataset.look);
      if (!typing && read(answer) !== got.said.text) write(answer, got.said.text);
      refuse(answer, "");
      mark(answer, got.said.text ? `${say("Saved")} ${got.said.at}` : say("Blank"), got.said.text ? "good" : "");
    } else {
      // Refused: what waits behind it was seen over the same answer as this one.
      keep(waiting().map((entry) => (entry.item === one.item && entry.seen === null ? { ...entry, seen: one.seen } : entry)));
      if (!answer || behind.length) return;
      refuse(answer, got.said?.error || say("Wrong"));
      mark(answer, say("Wrong"), "waiting");
    }
    count();
  }

  // ---- two answers to one question
  function ask(answer, one) {
    const box = answer.querySelector("[data-conflict]"), both = one.both;
    box.textContent = "";
    const panel = document.createElement("div");
    panel.className = "conflict";
    panel.setAttribute("role", "alert");
    const line = (words, strong) => {
      const p = document.createElement("p");
      const inner = strong ? p.appendChild(document.createElement("strong")) : p;
      inner.textContent = words;
      panel.append(p);
    };
    line(say("Conflict"), true);
    const actions = document.createElement("p");
    actions.className = "actions";
    const choose = (words, then) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = words;
      button.addEventListener("click", () => { box.textContent = ""; drop(one.id); number(answer, both.number); then(); flush(); });
      actions.append(button);
    };
    choose(`${say("Theirs")}（${both.by} ${both.at}）：${both.theirs || say("None")}`, () => {
      write(answer, both.theirs_text);
      refuse(answer, "");
      mark(answer, both.theirs_text ? say("Saved") : say("Blank"), both.theirs_text ? "good" : "");
      skip();
    });
    choose(`${say("Mine")}：${both.yours || say("None")}`, () => { write(answer, both.text); give(answer, both.text, both.number); });
    panel.append(actions);
    box.append(panel);
    mark(answer, say("Wrong"), "waiting");
  }

  // ---- what is put, and how far the page has come
  function skip() {
    for (const question of form.querySelectorAll("[data-rule-items]")) {
      const here = question.dataset.ruleItems.split(" ").map(place).filter(Boolean);
      if (!here.length) continue;
      const given = here.flatMap((answer) => read(answer).split("|")).filter(Boolean);
      const wanted = question.dataset.ruleOptions.split(" ");
      question.hidden = given.length > 0 && !given.some((value) => wanted.includes(value));
    }
    count();
  }
  function count() {
    const put = answers.filter((answer) => !answer.closest("[hidden]"));
    const show = (name, value) => { const spot = document.querySelector(name); if (spot) spot.textContent = value; };
    show("[data-put]", put.length);
    show("[data-answered]", put.filter((answer) => read(answer).trim()).length);
  }

  function trouble() {
    return answers.find((answer) => !answer.closest("[hidden]") && (answer.querySelector("[data-wrong]").textContent || answer.querySelector(".conflict")));
  }

  // ---- what the page says of it all
  function tell(words, look) {
    if (!state) return;
    if (state.textContent !== words) state.textContent = words;
    state.className = "state " + (look || "");
  }
  function report() {
    const list = waiting(), open = list.filter((one) => !one.both), both = list.filter((one) => one.both);
    if (!running) {
      for (const one of open) {
        const answer = place(one.item);
        if (answer) mark(answer, say("Kept"), "waiting");
      }
    }
    const elsewhere = both.find((one) => !place(one.item));
    if (signedOut) tell(say("Session"), "waiting");
    else if (open.length) tell(`${open.length} ${say("Unsent")}`, "waiting");
    else if (elsewhere) {
      tell(say("Elsewhere"), "waiting");
      const link = document.createElement("a");
      link.href = elsewhere.page;
      link.textContent = elsewhere.page;
      state.append(link);
    } else if (trouble()) tell(say("Some"), "waiting");
    else tell(lastAt ? `${say("All")} ${lastAt}` : "", "good");
  }

  // ---- hands
  let idle = null;
  form.addEventListener("input", (event) => {
    const answer = event.target.closest("[data-item]");
    if (!answer) return;
    const clicked = ["checkbox", "radio"].includes(event.target.type);
    if (event.target.type === "checkbox" && event.target.checked) {
      const alone = "exclusive" in event.target.dataset;
      for (const other of answer.querySelectorAll("input[type=checkbox]")) {
        if (other !== event.target && (alone || "exclusive" in other.dataset)) other.checked = false;
      }
    }
    answer.querySelector("[data-conflict]").textContent = "";
    give(answer, read(answer));
    skip();
    clearTimeout(idle);
    idle = setTimeout(flush, clicked ? 0 : IDLE);
  });
  form.addEventListener("change", () => { clearTimeout(idle); flush(); });
  form.addEventListener("submit", async (event) => {
    const button = event.submitter, href = button?.dataset.href;
    if (answers.length && !href) return;
    event.preventDefault();
    clearTimeout(idle);
    await flush();
    while (running) await new Promise((done) => setTimeout(done, 50));
    const list = waiting();
    const first = trouble();
    if (list.some((one) => !one.both)) { report(); if (answers.length && !signedOut) tell(say("Stay"), "waiting"); return; }
    if (first) { first.scrollIntoView({ block: "center" }); first.querySelector("input:not([type=hidden]),select,textarea,button").focus(); return; }
    if (href) location.assign(href);
    else if (list.length) report();
    else form.submit();
  });
  addEventListener("online", flush);
  addEventListener("offline", report);
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  document.addEventListener("visibilitychange", flush);

  // ---- what was given before this script had come
  for (const answer of answers) if (read(answer) !== served(answer)) give(answer, read(answer));

  // ---- coming back: what still waits is shown in its field and sent
  const before = waiting();
  for (const one of before) {
    const answer = place(one.item);
    if (!answer) continue;
    if (one.both) { write(answer, one.both.text); ask(answer, one); }
    else { write(answer, one.text); mark(answer, say("Kept"), "waiting"); }
  }
  skip();
  report();
  flush().then(() => { if (!answers.length && before.length && waiting().length < before.length) location.reload(); });
})();
