// The telephone line: the page plays the carrier and speaks Twilio's Media Streams to the server.

const BACKLOG_BYTES = 64_000; // about five seconds of frames: older speech helps nobody

export class Line {
  /**
   * on has one function for each thing that happens: opened, media(bytes), mark(name), clear,
   * caption({speaker, text, isFinal}), notice({kind, text}), closed({code, wasOpen}).
   */
  constructor({ call_sid: callSid, token, stream_url: url }, on) {
    this.callSid = callSid;
    this.token = token;
    this.on = on;
    this.streamSid = "MZ" + hex(16);
    this.sequence = 0;
    this.chunk = 0;
    this.wasOpen = false;
    this.socket = new WebSocket(url);
    this.socket.onopen = () => this.open();
    this.socket.onmessage = ({ data }) => this.receive(data);
    this.socket.onclose = ({ code }) => on.closed({ code, wasOpen: this.wasOpen });
    this.socket.onerror = () => on.closed({ code: 1006, wasOpen: this.wasOpen });
  }

  open() {
    this.wasOpen = true;
    this.socket.send(JSON.stringify({ event: "connected", protocol: "Call", version: "1.0.0" }));
    this.send("start", {
      accountSid: "ACbrowser",
      callSid: this.callSid,
      streamSid: this.streamSid,
      tracks: ["inbound"],
      mediaFormat: { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 },
      customParameters: { token: this.token },
    });
    this.on.opened();
  }

  /** One frame of the caller's voice: 160 bytes of µ-law, 20 ms. */
  sendFrame(mulaw) {
    if (this.socket.bufferedAmount > BACKLOG_BYTES) return;
    this.chunk += 1;
    this.send("media", {
      track: "inbound",
      chunk: String(this.chunk),
      timestamp: String(this.chunk * 20),
      payload: btoa(String.fromCharCode(...mulaw)),
    });
  }

  sendDigit(digit) {
    this.send("dtmf", { track: "inbound_track", digit });
  }

  sendMark(name) {
    this.send("mark", { name });
  }

  sendText(body) {
    this.send("text", { body });
  }

  hangUp() {
    this.send("stop", { accountSid: "ACbrowser", callSid: this.callSid });
    this.socket.close(1000);
  }

  send(event, content) {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.sequence += 1;
    this.socket.send(
      JSON.stringify({
        event,
        sequenceNumber: String(this.sequence),
        streamSid: this.streamSid,
        [event]: content,
      }),
    );
  }

  receive(data) {
    const message = JSON.parse(data);
    const receivers = {
      media: () => this.on.media(bytes(message.media.payload)),
      mark: () => this.on.mark(message.mark.name),
      clear: () => this.on.clear(),
      caption: () => this.on.caption(message.caption),
      notice: () => this.on.notice(message.notice),
    };
    receivers[message.event]?.();
  }
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function hex(length) {
  const random = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
