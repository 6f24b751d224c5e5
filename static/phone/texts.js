// The phone as the telephone of a number: its texts, and the calls that ring it. Asked for every two
// seconds while the page is in sight.

const EVERY_MS = 2000;

export class Telephone {
  /**
   * addresses has line, text, answer and decline; form() gives the fields every post carries, number()
   * whose telephone this is. on has texts(list), ringing({call_sid, store} or null).
   */
  constructor({ addresses, form, number, on }) {
    Object.assign(this, { addresses, form, number, on });
    this.look();
    setInterval(() => this.look(), EVERY_MS);
    document.addEventListener("visibilitychange", () => this.look());
  }

  /** An answer about a number that was left meanwhile is for nobody. */
  async look() {
    if (document.hidden || this.isLooking) return;
    const number = this.number();
    if (!number) return this.show({ texts: [], ringing: null });
    this.isLooking = true;
    try {
      const response = await fetch(`${this.addresses.line}?${new URLSearchParams({ number })}`);
      if (response.ok && number === this.number()) this.show(await response.json());
    } catch {
      // Asked again in a moment.
    } finally {
      this.isLooking = false;
    }
  }

  show({ texts, ringing }) {
    this.on.texts(texts);
    this.on.ringing(ringing);
  }

  async write(body) {
    const { texts } = await this.post(this.addresses.text, { from: this.number(), body });
    this.on.texts(texts);
  }

  /** Where the call's media stream is, and its token. */
  answer(callSid) {
    return this.post(this.addresses.answer, { call_sid: callSid });
  }

  decline(callSid) {
    return this.post(this.addresses.decline, { call_sid: callSid });
  }

  /** Throws a sentence for the page. */
  async post(address, fields) {
    const body = this.form();
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    let response;
    try {
      response = await fetch(address, { method: "POST", body });
    } catch (error) {
      throw new Error("The server cannot be reached. Check that it is running, then try again.", { cause: error });
    }
    const answer = await response.json().catch(() => ({}));
    if (response.ok) return answer;
    throw new Error(answer.error ?? "This page has grown old. Reload it and try again.");
  }
}
