// Sends a file of the browser to the server, piece by piece (docs/uploads.md), and then the form, which names the upload. A file that was begun goes on.
'use strict';

const PIECE_BYTES = 4 << 20;
const AGAIN_MS = 2000;

// SHA-256 (FIPS 180-4), a piece at a time: the browser's own wants the whole file in memory, and is missing without TLS.
const PRIMES = [];
for (let n = 2; PRIMES.length < 64; n += 1) {
  if (PRIMES.every((prime) => n % prime !== 0)) {
    PRIMES.push(n);
  }
}
const fraction = (number) => ((number - Math.floor(number)) * 2 ** 32) | 0;
const ROUNDS = Int32Array.from(PRIMES, (prime) => fraction(Math.cbrt(prime)));

class Sha256 {
  constructor() {
    this.state = Int32Array.from(PRIMES.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
    this.words = new Int32Array(64);
    this.rest = new Uint8Array(0);
    this.length = 0;
  }

  update(bytes) {
    this.length += bytes.length;
    const all = new Uint8Array(this.rest.length + bytes.length);
    all.set(this.rest);
    all.set(bytes, this.rest.length);
    const view = new DataView(all.buffer);
    const end = all.length - (all.length % 64);
    for (let at = 0; at < end; at += 64) {
      this.block(view, at);
    }
    this.rest = all.slice(end);
  }

  block(view, at) {
    const { words, state } = this;
    for (let n = 0; n < 16; n += 1) {
      words[n] = view.getInt32(at + 4 * n);
    }
    for (let n = 16; n < 64; n += 1) {
      const x = words[n - 15];
      const y = words[n - 2];
      const small = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const large = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      words[n] = (words[n - 16] + small + words[n - 7] + large) | 0;
    }
    this.rounds(words, state);
  }

  rounds(words, state) {
    let a = state[0] | 0;
    let b = state[1] | 0;
    let c = state[2] | 0;
    let d = state[3] | 0;
    let e = state[4] | 0;
    let f = state[5] | 0;
    let g = state[6] | 0;
    let h = state[7] | 0;
    for (let n = 0; n < 64; n += 1) {
      const ofE = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const one = (h + ofE + ((e & f) ^ (~e & g)) + ROUNDS[n] + words[n]) | 0;
      const ofA = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const two = (ofA + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + one) | 0;
      d = c;
      c = b;
      b = a;
      a = (one + two) | 0;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
  }

  hex() {
    const bits = this.length * 8;
    const room = 64 - (this.length % 64);
    const padding = new Uint8Array(room < 9 ? room + 64 : room);
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    view.setUint32(padding.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(padding.length - 4, bits % 2 ** 32);
    this.update(padding);
    return Array.from(this.state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }
}

// Why an upload ends without its file: what the server answered, as an element to show.
class NotTaken extends Error {
  constructor(shown) {
    super('not taken');
    this.shown = shown;
  }
}

function paragraph(text) {
  const element = document.createElement('p');
  element.className = 'trouble';
  element.textContent = text;
  return element;
}

class Upload {
  constructor(form) {
    this.form = form;
    this.file = form.querySelector('input[type=file]');
    this.shown = form.querySelector('[data-upload-shown]');
    this.trouble = form.querySelector('[data-upload-trouble]');
    this.stopped = null;
    form.addEventListener('submit', (event) => this.submit(event));
    form.addEventListener('change', () => this.require());
    this.file.addEventListener('change', () => this.forget());
    form.querySelector('[data-upload-stop]').addEventListener('click', () => this.stopped?.abort());
    this.require();
  }

  isChosen() {
    return this.form.elements.from.value === 'upload';
  }

  require() {
    this.file.required = this.isChosen() && !this.form.elements.UploadId.value;
  }

  // Another file is another upload.
  forget() {
    this.form.elements.UploadId.value = '';
    this.form.querySelector('[data-upload-here]')?.remove();
    this.require();
  }

  async submit(event) {
    const [file] = this.file.files;
    if (!this.isChosen() || !file || this.form.elements.UploadId.value) {
      return;
    }
    event.preventDefault();
    // One file at a time, whichever button is pressed meanwhile.
    if (this.isTaking) {
      return;
    }
    this.isTaking = true;
    const button = event.submitter ?? this.form.querySelector('[name=step]');
    button.disabled = true;
    this.shown.hidden = false;
    this.stopped = new AbortController();
    try {
      this.form.elements.UploadId.value = await this.take(file);
      button.disabled = false;
      this.isTaking = false;
      this.form.requestSubmit(button);
    } catch (error) {
      const stopped = this.stopped.signal.aborted;
      this.trouble.replaceChildren(stopped ? paragraph(this.form.dataset.stopped) : error.shown ?? paragraph(String(error)));
      this.shown.hidden = stopped ? true : this.shown.hidden;
      button.disabled = false;
      this.isTaking = false;
    }
  }

  async take(file) {
    this.trouble.replaceChildren();
    const digest = await this.digest(file);
    const { uploadId, token, offset } = await this.announce(file.size, digest);
    await this.send(file, token, Number(offset));
    return uploadId;
  }

  progress(text, done, all) {
    const percent = Math.floor((100 * done) / all);
    this.shown.querySelector('progress').value = percent;
    this.shown.querySelector('[data-upload-words]').textContent = text.replace('{}', percent);
  }

  async digest(file) {
    const hash = new Sha256();
    for (let at = 0; at < file.size; at += PIECE_BYTES) {
      this.stopped.signal.throwIfAborted();
      hash.update(new Uint8Array(await file.slice(at, at + PIECE_BYTES).arrayBuffer()));
      this.progress(this.form.dataset.reading, Math.min(at + PIECE_BYTES, file.size), file.size);
    }
    return hash.hex();
  }

  async announce(size, digest) {
    const body = new URLSearchParams({ csrf: this.form.elements.csrf.value, Size: size, Sha256: digest });
    const answer = await fetch(this.form.dataset.upload, { method: 'POST', headers: { 'x-reseal-live': '1' }, body, signal: this.stopped.signal });
    if (answer.status === 401) {
      location.reload();
    }
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const upload = page.querySelector('[data-upload-id]');
    if (!upload) {
      throw new NotTaken(page.querySelector('.trouble'));
    }
    return upload.dataset;
  }

  // The last request may bring nothing: it has the server compare the digest of a file that is all there.
  async send(file, token, offset) {
    let at = offset;
    let isTaken = false;
    while (!isTaken || at < file.size) {
      const piece = file.slice(at, at + PIECE_BYTES);
      isTaken = await this.put(token, at, piece);
      at = isTaken ? at + piece.size : await this.ask(token, at);
      this.progress(this.form.dataset.sending, at, file.size);
    }
  }

  // Whether the piece was taken; if not, the server says where it goes on.
  async put(token, at, piece) {
    const headers = { 'x-reseal-offset': String(at) };
    try {
      const answer = await fetch(`/uploads/${token}`, { method: 'PUT', headers, body: piece, signal: this.stopped.signal });
      note(false);
      if (answer.ok) {
        return true;
      }
      if (answer.status === 422) {
        throw new NotTaken(paragraph(this.form.dataset.changed));
      }
      if (![408, 409, 500, 502, 503].includes(answer.status)) {
        throw new NotTaken(paragraph(await answer.text()));
      }
    } catch (error) {
      if (error instanceof NotTaken || this.stopped.signal.aborted) {
        throw error;
      }
      note(true);
    }
    return false;
  }

  // Up to where the server has bytes; asked again until it answers.
  async ask(token, at) {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    try {
      const answer = await fetch(`/uploads/${token}`, { method: 'HEAD', cache: 'no-store', signal: this.stopped.signal });
      if (answer.status === 404) {
        throw new NotTaken(paragraph(this.form.dataset.changed));
      }
      return Number(answer.headers.get('x-reseal-offset') ?? at);
    } catch (error) {
      if (error instanceof NotTaken || this.stopped.signal.aborted) {
        throw error;
      }
      return at;
    }
  }
}

document.querySelectorAll('form[data-upload]').forEach((form) => new Upload(form));
