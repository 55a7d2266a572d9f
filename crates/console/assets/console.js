// The console's only script. Every page works without it, but for what moves by itself and for sending files.
'use strict';

// Times are written in UTC; here they are shown in the visitor's zone.
function showTimes(root) {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' });
  for (const element of root.querySelectorAll('time[datetime]')) {
    const time = new Date(element.dateTime);
    if (!Number.isNaN(time.getTime())) {
      element.textContent = format.format(time);
      element.title = element.dateTime;
    }
  }
}

// `data-live="<address>"`: the element is replaced by what the address answers, again and again, until what comes has no `data-live` any more.
// When the server is away, a note says so, and the page goes on once it is back.
const PAUSE_MS = 1000;

function note(lost) {
  let element = document.querySelector('.lost');
  if (lost && !element) {
    element = document.createElement('p');
    element.className = 'lost';
    element.setAttribute('role', 'status');
    element.textContent = document.body.dataset.lost;
    document.body.append(element);
  } else if (!lost && element) {
    element.remove();
  }
}

async function renew(element) {
  const answer = await fetch(element.dataset.live, { headers: { 'x-reseal-live': '1' }, cache: 'no-store' });
  if (answer.status === 401) {
    location.reload();
    return null;
  }
  if (answer.status >= 500) {
    throw new Error(answer.statusText);
  }
  if (!answer.ok) {
    // It is gone, or may not be seen any more: what stands there stays.
    return null;
  }
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').body.firstElementChild;
  if (fresh && fresh.outerHTML !== element.dataset.shown) {
    fresh.dataset.shown = fresh.outerHTML;
    // Whoever is at an element of it by keyboard stays there.
    const focused = element.contains(document.activeElement) && document.activeElement.id;
    element.replaceWith(fresh);
    if (focused) {
      document.getElementById(focused)?.focus();
    }
    start(fresh);
    return null;
  }
  return element;
}

async function live(element) {
  let current = element;
  while (current && current.isConnected) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    if (document.hidden) {
      continue;
    }
    try {
      current = await renew(current);
      note(false);
    } catch {
      note(true);
    }
  }
}

// `data-preview="<address>"` on a form: `[data-preview-shown]` in it shows what the address says of the form as it stands. Elements with `data-part` in the
// answer take the place of those with the same id.
function preview(form) {
  const place = form.querySelector('[data-preview-shown]');
  let asked = 0;
  async function look() {
    asked += 1;
    const mine = asked;
    const fields = new URLSearchParams(new FormData(form));
    fields.delete('csrf');
    try {
      const answer = await fetch(`${form.dataset.preview}?${fields}`, { headers: { 'x-reseal-live': '1' }, cache: 'no-store' });
      const text = await answer.text();
      if (answer.ok && mine === asked) {
        const { body } = new DOMParser().parseFromString(text, 'text/html');
        for (const part of body.querySelectorAll('[data-part]')) {
          document.getElementById(part.id)?.replaceWith(part);
        }
        place.replaceChildren(...body.childNodes);
      }
      note(false);
    } catch {
      note(true);
    }
  }
  form.addEventListener('change', look);
  look();
}

// `data-copy="<id>"` on a button: copies the text of that element.
function copier(button) {
  // A browser has no clipboard for a page that came over plain HTTP from another host.
  if (!navigator.clipboard) {
    return;
  }
  button.hidden = false;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = button.dataset.done;
  });
}

// `data-fill="<id>"` on a file input: the file's content, in base64, goes into that field.
const FILL_BYTES_MAX = 65536;

function filler(input) {
  input.addEventListener('change', async () => {
    if (!input.files.length || input.files[0].size > FILL_BYTES_MAX) {
      return;
    }
    const bytes = new Uint8Array(await input.files[0].arrayBuffer());
    let text = '';
    for (const byte of bytes) {
      text += String.fromCharCode(byte);
    }
    document.getElementById(input.dataset.fill).value = btoa(text);
  });
}

// `data-zoned` on a field for a time: the visitor reads and types it in their own zone, and the form sends UTC.
function zoned(input) {
  const sent = document.createElement('input');
  sent.type = 'hidden';
  sent.name = input.name;
  input.removeAttribute('name');
  input.after(sent);
  const written = (time) => time.toISOString().slice(0, 19);
  const send = () => {
    sent.value = input.value && written(new Date(input.value));
  };
  if (input.value) {
    const time = new Date(`${input.value}Z`);
    input.value = written(new Date(time - time.getTimezoneOffset() * 60000));
  }
  send();
  input.addEventListener('change', send);
}

// A form that was just sent is not sent again by a second click. Not for long: the answer may be a file, and then the page stays.
const SENT_MS = 3000;

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== 'post') {
    return;
  }
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = 'yes';
  setTimeout(() => delete form.dataset.sent, SENT_MS);
});

function start(root) {
  showTimes(root.parentElement ?? root);
  const all = (selector) => [...(root.matches?.(selector) ? [root] : []), ...root.querySelectorAll(selector)];
  all('[data-live]').forEach(live);
  all('form[data-preview]').forEach(preview);
  all('button[data-copy]').forEach(copier);
  all('input[data-fill]').forEach(filler);
  all('input[data-zoned]').forEach(zoned);
  for (const element of all('[data-scripted]')) {
    element.hidden = false;
  }
  for (const element of all('[data-unscripted]')) {
    element.hidden = true;
  }
}

start(document.documentElement);
