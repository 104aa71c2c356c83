// The marks of all cases, and their way to the server. What is not saved stays here and is sent again.

const PATIENCE = 1500; // Milliseconds until the next try.

export class Store extends EventTarget {
  constructor() {
    super();
    this.cases = [];
    this.state = "saved";
    this.sending = false;
  }

  async load() {
    const answer = await fetch("session");
    if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
    const session = await answer.json();
    this.cases = session.cases.map((one, number) => ({ ...one, number, past: [], future: [], unsaved: false, tried: null, proposals: null }));
    return session;
  }

  /** Replace the marks of a case, and what is left of its proposals; this can be undone. */
  change(one, marks, proposals = one.proposals) {
    one.past.push(stateOf(one));
    one.future = [];
    this.put(one, { marks, proposals });
  }

  undo(one) {
    if (!one.past.length) return false;
    one.future.push(stateOf(one));
    this.put(one, one.past.pop());
    return true;
  }

  redo(one) {
    if (!one.future.length) return false;
    one.past.push(stateOf(one));
    this.put(one, one.future.pop());
    return true;
  }

  /** Proposals are of this page only; they may have come after the state that is put back. */
  put(one, { marks, proposals }) {
    one.proposals = proposals ?? one.proposals;
    if (one.marks === marks) return;
    one.marks = marks;
    one.unsaved = true;
    this.say(this.state);
    this.send();
  }

  get unsaved() {
    return this.cases.filter((one) => one.unsaved);
  }

  /** Send all cases that are not saved, one after another, until the server has them. */
  async send() {
    if (this.sending) return;
    this.sending = true;
    while (this.unsaved.length) {
      this.say(await this.sendOne(this.unsaved[0]));
      if (this.state !== "saved") await new Promise((resolve) => setTimeout(resolve, PATIENCE));
    }
    this.sending = false;
  }

  /** What became of it: "saved" if the server has dealt with it, "gone" if it does not answer, "full" if it cannot write. */
  async sendOne(one) {
    // What was sent before the server went is sent again first: it may have been saved without an answer.
    const sent = one.tried ?? one.marks;
    one.tried = sent;
    try {
      const answer = await fetch(`cases/${one.number}/marks`, {
        method: "PUT",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ version: one.version, marks: sent }),
      });
      if (!answer.ok) return "gone"; // another program at this address
      const content = await answer.json();
      if (content.outcome === "full") [this.problem] = content.problems;
      else this.receive(one, sent, content);
      return content.outcome === "full" ? "full" : "saved";
    } catch {
      return "gone";
    }
  }

  receive(one, sent, { outcome, version, marks, problems }) {
    one.version = version;
    one.tried = null;
    one.unsaved = outcome === "saved" && one.marks !== sent;
    if (outcome === "saved") return;
    Object.assign(one, { marks, past: [], future: [] });
    this.dispatchEvent(new CustomEvent(outcome, { detail: { case: one, problems } }));
  }

  say(state) {
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}

const stateOf = ({ marks, proposals }) => ({ marks, proposals });

/** Read the voxels of a case block by block into one array. */
export async function fetchVoxels(number, voxels, signal, onShare) {
  const answer = await fetch(`cases/${number}/voxels`, { signal });
  if (!answer.ok) throw new Error((await answer.json()).problems.join("\n"));
  const bytes = new Uint8Array(voxels.buffer);
  const reader = answer.body.getReader();
  let filled = 0;
  for (let block = await reader.read(); !block.done; block = await reader.read()) {
    bytes.set(block.value, filled);
    filled += block.value.length;
    onShare(filled / bytes.length);
  }
  if (filled !== bytes.length) throw new Error("the CT was not sent completely");
}
