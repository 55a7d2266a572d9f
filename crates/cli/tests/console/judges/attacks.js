// What other sites and markup can do in somebody's console: nothing.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const { ACCOUNT, createKey, importDisk, kms } = require('./api');
const { Person, base, region, run, withBrowser } = require('./browser');
const { MARKUP } = require('./seed');

const EVIL = 'http://evil.example';

async function otherSites(browser, key) {
  const person = await Person.arrive(browser, 'en');
  person.allowed.push(EVIL);
  await person.signIn(ACCOUNT.id, ACCOUNT.secret);
  const action = `${base}/console/${region}/keys/${key}/disable`;
  await person.go(`keys/${key}/disable`);
  const token = await person.page.locator('main input[name=csrf]').first().inputValue();
  await forged(person, action, token);
  await foreignForm(person, action, token);
  await framed(person);
  assert.strictEqual((await kms('DescribeKey', { KeyId: key })).KeyMetadata.KeyState, 'Enabled', 'nothing was done');
  const form = { csrf: token };
  const taken = await person.context.request.post(action, { form, headers: { origin: base }, maxRedirects: 0 });
  assert.strictEqual(taken.status(), 303, 'the same form is taken from the console itself');
  assert.strictEqual((await kms('DescribeKey', { KeyId: key })).KeyMetadata.KeyState, 'Disabled');
  await person.done();
}

// With the cookie of the session, as a browser would send it to another site's wish.
async function forged(person, action, token) {
  const other = [...token].reverse().join('');
  for (const [form, headers] of [
    [{}, {}],
    [{ csrf: '' }, { origin: base }],
    [{ csrf: other }, { origin: base }],
    [{ csrf: token.slice(1) }, { origin: base }],
    [{ csrf: token }, { origin: EVIL }],
    [{ csrf: token }, { origin: 'null' }],
    [{ csrf: token }, { origin: base, 'sec-fetch-site': 'cross-site' }],
    [{ csrf: token }, { origin: base, 'sec-fetch-site': 'same-site' }],
  ]) {
    const answer = await person.context.request.post(action, { form, headers, maxRedirects: 0 });
    assert.strictEqual(answer.status(), 403, `${JSON.stringify(form)} ${JSON.stringify(headers)}`);
  }
}

// A page of another site that posts a form by itself: the browser does not even send the session's cookie.
async function foreignForm({ context }, action, token) {
  const page = await context.newPage();
  await page.route(`${EVIL}/**`, (route) => route.fulfill({
    contentType: 'text/html',
    body: `<form id="f" method="post" action="${action}"><input name="csrf" value="${token}"></form><script>f.submit()</script>`,
  }));
  const [answer] = await Promise.all([page.waitForResponse(action), page.goto(EVIL)]);
  assert.strictEqual(answer.status(), 403);
  assert.strictEqual((await answer.request().allHeaders()).cookie, undefined, 'the cookie stays at home');
  await page.close();
}

async function framed({ context }) {
  const page = await context.newPage();
  await page.route(`${EVIL}/**`, (route) => route.fulfill({ contentType: 'text/html', body: `<iframe src="${base}/console/sign-in"></iframe>` }));
  await page.goto(EVIL);
  const frame = await (await page.waitForSelector('iframe')).contentFrame();
  await frame.waitForLoadState();
  assert(!(await frame.content()).includes('csrf') && !(await frame.content()).includes('<form'), 'a frame of another site shows the console');
  await page.close();
}

// Cookies that scripts cannot read, and that no other site's request carries.
async function cookies({ context, page }) {
  const session = (await context.cookies()).find(({ name }) => name === 'reseal_session');
  assert.deepStrictEqual([session.httpOnly, session.sameSite, session.path], [true, 'Strict', '/console']);
  assert.strictEqual(await page.evaluate('document.cookie'), '');
}

// Markup in addresses, in forms that are refused, and in the name of a file.
async function markup(browser, plain) {
  const person = await Person.arrive(browser, 'zh-CN');
  const { page } = person;
  const typed = encodeURIComponent(MARKUP);
  await page.goto(`${base}/console/sign-in?to=${typed}`);
  await person.signIn(ACCOUNT.id, ACCOUNT.secret);
  await cookies(person);
  for (const path of [typed, `instances?InstanceName=${typed}&Status=${typed}`, `instances/${typed}`, `images?name=${typed}&sort=${typed}`, `images/${typed}`,
    `keys/${typed}`, `keys?state=${typed}&page=${typed}`, `access/users/${typed}`, `audit?action=${typed}`, `instances/run?InstanceName=${typed}`]) {
    await person.go(path);
    await isText(page, path);
  }
  await refusedForm(person, `instances/run?ImageId=${plain}`, 'InstanceName');
  await refusedForm(person, `images/${plain}/copy`, 'DestinationImageName');
  await refusedForm(person, 'access/create-user', 'UserName');
  await uploadedName(person);
  await person.done();
}

// The form comes back with what was typed and says what is wrong with it.
async function refusedForm(person, path, field) {
  const { page } = person;
  await person.go(path);
  await page.locator(`main [name="${field}"]`).fill(MARKUP);
  await page.locator(`main form:has([name="${field}"]) button`).first().click();
  await page.getByRole('alert').first().waitFor();
  assert.strictEqual(await page.locator(`main [name="${field}"]`).inputValue(), MARKUP, `${path} keeps what was typed`);
  await isText(page, path);
}

async function uploadedName(person) {
  const { page } = person;
  await person.go('images/import');
  const name = `<img src=x onerror=__xss=3>.raw`;
  await page.locator('input[type=file]').first().setInputFiles({ name, mimeType: 'application/octet-stream', buffer: fs.readFileSync(process.env.DISK) });
  await isText(page, 'images/import');
}

async function isText(page, where) {
  assert.strictEqual(await page.evaluate('window.__xss'), undefined, where);
  assert.strictEqual(await page.locator('img[src="x"]').count(), 0, where);
}

run('attacks', () => withBrowser(async (browser) => {
  const key = await createKey();
  const plain = await importDisk('plain');
  await otherSites(browser, key);
  await markup(browser, plain);
}));
