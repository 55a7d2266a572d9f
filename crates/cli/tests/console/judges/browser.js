// A browser, and people who use the console in it. Whatever they do, it is watched that nothing leaves the host, that no page runs what it
// should show, and that every page says to the browser what it must.
'use strict';

const assert = require('node:assert');
const { chromium } = require('playwright-core');
const { words } = require('./words');

// Longest wait for anything, milliseconds: jobs of small images end in one second on an idle machine.
const PATIENCE = Number(process.env.PATIENCE ?? 60000);
const PAGE_BYTES_MAX = 150 << 10;
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync'];

const base = process.env.RESEAL_ENDPOINT;
const region = 'cn-hangzhou';

// Runs `story` with a browser, then ends it, whatever came of it.
async function withBrowser(story) {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: FLAGS });
  try {
    await story(browser);
  } finally {
    await browser.close();
  }
}

// Somebody with a language of their own, not signed in. `done()` says what was wrong with anything that they saw.
class Person {
  static async arrive(browser, language, more = {}) {
    const context = await browser.newContext({ locale: language, viewport: { width: 1280, height: 860 }, ...more });
    const person = new Person(context, await context.newPage(), language);
    context.on('request', (request) => person.#request(request));
    person.watch(person.page);
    return person;
  }

  constructor(context, page, language) {
    Object.assign(this, { context, page, language, words: words(language), wrong: [], allowed: [base], largest: 0 });
    context.setDefaultTimeout(PATIENCE);
  }

  watch(page) {
    page.on('dialog', (dialog) => {
      this.wrong.push(`a dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    page.on('pageerror', (error) => this.wrong.push(`an error of a script: ${error.message}`));
    page.on('console', (line) => {
      // Answers with an error status are said here, too; judges that mind look at the status.
      if (line.type() === 'error' && !line.text().startsWith('Failed to load resource')) this.wrong.push(`the browser complains: ${line.text()}`);
    });
    page.on('response', (response) => this.#response(response));
  }

  #request(request) {
    const url = request.url();
    const here = this.allowed.some((origin) => url.startsWith(`${origin}/`)) || /^(data|blob|about):/.test(url);
    if (!here) this.wrong.push(`a request left the host: ${url}`);
  }

  async #response(response) {
    if (response.request().resourceType() !== 'document' || !response.url().startsWith(base)) return;
    const headers = response.headers();
    const policy = headers['content-security-policy'] ?? '';
    for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"]) {
      if (!policy.includes(part)) this.wrong.push(`${response.url()}: no ${part} in its policy`);
    }
    if (/unsafe|\*|https?:/.test(policy)) this.wrong.push(`${response.url()}: a lax policy: ${policy}`);
    if (headers['x-frame-options'] !== 'DENY' || headers['x-content-type-options'] !== 'nosniff') {
      this.wrong.push(`${response.url()}: headers are missing`);
    }
    const length = Number(headers['content-length']);
    this.largest = Math.max(this.largest, length);
    if (!(length <= PAGE_BYTES_MAX)) this.wrong.push(`${response.url()}: ${length} bytes`);
  }

  // Goes to a page of the region.
  async go(path) {
    return this.page.goto(path.startsWith('/') ? base + path : `${base}/console/${region}/${path}`);
  }

  async signIn(id, secret) {
    const texts = this.words('pages/sign_in');
    await this.go('/console/');
    const form = this.page.locator('form').filter({ has: this.page.getByRole('heading', { name: texts.with_access_key }) });
    await form.getByLabel(texts.access_key_id).fill(id);
    await form.getByLabel(texts.access_key_secret).fill(secret);
    await form.getByRole('button', { name: texts.title }).click();
    await this.page.waitForURL(`${base}/console/${region}/**`);
  }

  // A list to choose from, by what stands before it. (For a label around it, `getByLabel` takes the choices for a part of its text.)
  select(name) {
    return this.page.getByRole('combobox', { name, exact: true });
  }

  // A field of text, which has the same trouble.
  field(name) {
    return this.page.getByRole('textbox', { name, exact: true });
  }

  // What stands on the page.
  async text() {
    return this.page.locator('main').innerText();
  }

  // Waits until the page shows it.
  async sees(text) {
    await this.page.getByText(text).first().waitFor();
  }

  // The page tells of an error, in the visitor's words, with its code.
  async isRefused(code) {
    const alert = this.page.getByRole('alert');
    await alert.waitFor();
    const said = await alert.innerText();
    assert(said.includes(this.words('trouble').what_to_do) && said.includes(code), `wanted ${code}, the page says: ${said}`);
    return said;
  }

  async done() {
    await this.context.close();
    assert.deepStrictEqual([...new Set(this.wrong)], []);
  }
}

// Ends the process with what went wrong, for the test that started it.
function run(name, story) {
  story().then(() => console.log(`${name}: every step passed`), (error) => {
    console.error(error);
    process.exitCode = 1;
  });
}

module.exports = { PAGE_BYTES_MAX, PATIENCE, Person, base, region, run, withBrowser };
