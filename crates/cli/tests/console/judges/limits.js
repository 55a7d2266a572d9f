// What is refused, and how the pages say it; and two people at once.
'use strict';

const assert = require('node:assert');
const { ACCOUNT, copyImage, createKey, createUser, ecs, importDisk, kms, ram } = require('./api');
const { Person, base, region, run, withBrowser } = require('./browser');
const { like } = require('./words');

// What the overview says to do about a root key without backup, to those who may know of it.
const BACKUP = 'reseal root backup FILE';

// May look at images, and nothing else.
const LOOKER = { Version: '1', Statement: [{ Effect: 'Allow', Action: ['ecs:DescribeImages', 'ecs:DescribeInstances'], Resource: '*' }] };

async function staysInItsRegion(person, sealed) {
  const { page } = person;
  const texts = person.words('pages/images/copy/mod');
  await person.go(`images/${sealed}/copy`);
  const preview = page.locator('[data-preview-shown]');
  await person.select(texts.destination).selectOption('cn-shanghai');
  await preview.getByText('OperationDeined.EncryptedSnapshot').waitFor();
  await page.getByRole('button', { name: texts.ok, exact: true }).click();
  await person.isRefused('OperationDeined.EncryptedSnapshot');
}

// Without the tick the copy is encrypted all the same, and the page says so.
async function copyStaysEncrypted(person, sealed, key) {
  const { page } = person;
  const texts = person.words('pages/images/copy/mod');
  await person.go(`images/${sealed}/copy`);
  // A key that was chosen before the tick went is out of sight then, and nothing is told of it.
  const outcome = person.words('pages/images/copy/outcome');
  await page.locator('[name="KMSKeyId"]').selectOption(key);
  await person.sees(like(outcome.reencrypts));
  await page.getByLabel(texts.encrypt, { exact: true }).uncheck();
  await person.sees(like(outcome.keeps));
  await page.getByLabel(texts.name).fill('still-sealed');
  await page.getByRole('button', { name: texts.ok, exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'still-sealed' }).waitFor();
  await person.sees(person.words('pages/images/image').available);
  assert.strictEqual(await page.getByText(person.words('pages/images/image').plain).count(), 0);
  await page.locator('main').getByText(person.words('pages/images/image').encrypted, { exact: true }).first().waitFor();
}

async function diskStaysEncrypted(person, sealed, key) {
  const { page } = person;
  await person.go(`instances/run?ImageId=${sealed}`);
  const texts = person.words('pages/instances/run');
  const system = page.getByRole('group', { name: texts.system });
  await system.getByRole('combobox').selectOption(key);
  await page.getByRole('button', { name: texts.run, exact: true }).click();
  await person.isRefused('InvalidParameter.EncryptedIllegal');
  assert.strictEqual(await system.getByRole('combobox').inputValue(), key, 'the form keeps what was chosen');
}

// The form of an instance grows by a disk at a time, and keeps what was typed.
async function disksAreAdded(person, plain) {
  const { page } = person;
  await person.go(`instances/run?ImageId=${plain}`);
  const texts = person.words('pages/instances/run');
  await page.getByLabel(texts.name, { exact: true }).fill('with-disks');
  for (const disk of ['1', '2']) {
    await page.getByRole('button', { name: texts.more, exact: true }).click();
    await page.locator(`[name="DataDisk.${disk}.Size"]`).fill(disk);
  }
  assert.strictEqual(await page.locator('[name="DataDisk.1.Size"]').inputValue(), '1');
  assert.strictEqual(await page.getByLabel(texts.name, { exact: true }).inputValue(), 'with-disks');
  await page.getByRole('button', { name: texts.run, exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'with-disks' }).waitFor();
  for (const size of ['1 GiB', '2 GiB']) await person.sees(size);
  await ecs('DeleteInstance', { InstanceId: page.url().split('/').at(-1), Force: true });
}

// Answers the question before a deletion.
async function isSure({ page, words }) {
  const texts = words('pages/confirm');
  await page.getByLabel(texts.sure).check();
  await page.getByRole('button', { name: texts.delete, exact: true }).click();
}

async function pairsAndRoles(person) {
  const { page } = person;
  await person.go('key-pairs');
  const texts = person.words('pages/key_pairs');
  await page.locator('form[action$="/create"] [name="KeyPairName"]').fill('login');
  await page.getByRole('button', { name: texts.create_now, exact: true }).click();
  await person.sees('PRIVATE KEY');
  await person.go('key-pairs');
  await page.getByRole('button', { name: `${texts.delete} login` }).click();
  await isSure(person);
  await person.sees(texts.none);
  await person.go('access/roles');
  await page.locator('[name="RoleName"]').fill('visitor');
  await page.getByRole('button', { name: person.words('pages/access/mod').create, exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'visitor' }).waitFor();
  await page.getByRole('button', { name: person.words('pages/access/roles').delete, exact: true }).click();
  await isSure(person);
  await page.getByRole('heading', { level: 1, name: person.words('pages/access/roles').title, exact: true }).waitFor();
  assert.strictEqual(await page.getByText('visitor').count(), 0, 'the role is gone');
}

// However long a list is, its last page is a page like the first.
async function toTheEnd(person) {
  const { page } = person;
  const texts = person.words('paging');
  const names = () => page.locator('tbody tr td:first-child a').allInnerTexts();
  await person.go('images?status=CreateFailed&sort=name');
  assert.strictEqual((await names())[0], 'failed-0001');
  await person.sees(texts.total.replace('{}', '2005'));
  await person.go('images?status=CreateFailed&sort=name&page=101');
  assert.deepStrictEqual(await names(), [2001, 2002, 2003, 2004, 2005].map((number) => `failed-${number}`));
  assert.strictEqual(await page.getByRole('link', { name: texts.next }).count(), 0, 'nothing is behind the end');
  await page.getByRole('link', { name: texts.before }).click();
  await person.sees('failed-2000');
  await person.go('images?name=LED-1234');
  assert.deepStrictEqual(await names(), ['failed-1234']);
}

// A form that is sent twice, as a browser without scripts may, makes one thing, and shows it both times.
async function sentTwice(person, path, field, name, secret) {
  await person.go(path);
  const form = person.page.locator('form').filter({ has: person.page.locator('[name="ClientToken"]') }).first();
  const fields = await form.evaluate((form) => Object.fromEntries(new FormData(form)));
  const action = new URL(await form.getAttribute('action'), base).href;
  const send = () => person.context.request.post(action, { form: { ...fields, ...(field ? { [field]: name } : {}) }, headers: { origin: base } });
  const [one, two] = await Promise.all([send(), send()]);
  assert.deepStrictEqual([one.status(), two.status()], [200, 200], path);
  const shown = [await one.text(), await two.text(), await (await send()).text()].map((text) => secret.exec(text)?.[1]);
  assert(shown[0]?.length > 20 && shown.every((text) => text === shown[0]), `${path}: one secret, shown each time`);
}

async function madeOnce(person) {
  await sentTwice(person, 'key-pairs', 'KeyPairName', 'twice', /<pre id="private-key"[^>]*>([^<]+)/);
  assert.strictEqual((await ecs('DescribeKeyPairs', { KeyPairName: 'twice' })).TotalCount, 1);
  await createUser('twice');
  await sentTwice(person, 'access/users/twice', null, null, /id="access-key-secret">([^<]+)/);
  assert.strictEqual((await ram('ListAccessKeys', { UserName: 'twice' })).AccessKeys.AccessKey.length, 2, 'one beside that of createUser');
}

// Each way to an error says what it is, in the language of the page.
async function errorsSayWhatTheyAre(browser) {
  for (const language of ['en', 'zh-CN']) {
    const person = await Person.arrive(browser, language);
    await person.signIn(ACCOUNT.id, ACCOUNT.secret);
    const texts = person.words('trouble');
    const heading = async (answer) => /<h1>([^<]+)<\/h1>/.exec(await answer.text())?.[1];
    const post = (form, origin = base) => person.context.request.post(`${base}/console/${region}/key-pairs/create`, {
      form, headers: { origin, 'accept-language': language },
    });
    assert.strictEqual(await heading(await person.go('nothing')), texts.not_found);
    assert.strictEqual(await heading(await post({ csrf: 'x' })), texts.stale_form);
    assert.strictEqual(await heading(await post({ csrf: 'x' }, 'http://evil.example')), texts.foreign_form);
    await person.done();
  }
}

// A key that cannot be used cannot be chosen, and says why.
async function unusableKey(person, sealed, key) {
  await person.go(`instances/run?ImageId=${sealed}`);
  const option = person.page.locator(`option[value="${key}"]`).first();
  assert(await option.isDisabled() && (await option.innerText()).includes(key), 'a disabled key can be chosen');
}

async function withoutRights(browser, plain) {
  const user = await createUser('looker', LOOKER);
  for (const language of ['en', 'zh-CN']) {
    const person = await Person.arrive(browser, language);
    await person.signIn(user.id, user.secret);
    await person.sees('kms:ListKeys');
    assert.strictEqual(await person.page.getByText(BACKUP).count(), 0, 'a warning without the right to know');
    await person.page.getByRole('link', { name: like(`{} ${person.words('pages/overview').images}`) }).click();
    await person.sees('plain');
    await person.go('keys');
    const said = await person.isRefused('Forbidden');
    assert(said.includes('kms:ListKeys'), `the missing right is named: ${said}`);
    await person.go(`images/${plain}/copy`);
    await person.page.getByRole('button', { name: person.words('pages/images/copy/mod').ok, exact: true }).click();
    assert((await person.isRefused('Forbidden')).includes('ecs:CopyImage'));
    await person.done();
  }
}

// One makes a copy, the other sees it come; one disables a key, the other's next step is refused.
async function together(browser, plain, key) {
  const [one, other] = [await Person.arrive(browser, 'zh-CN'), await Person.arrive(browser, 'en')];
  for (const person of [one, other]) await person.signIn(ACCOUNT.id, ACCOUNT.secret);
  await one.go(`images/${plain}/copy`);
  const texts = one.words('pages/images/copy/mod');
  await one.page.getByLabel(texts.name).fill('for-both');
  await one.page.getByLabel(texts.encrypt, { exact: true }).check();
  await other.go(`images/${plain}/copy`);
  const theirs = other.words('pages/images/copy/mod');
  await other.page.getByLabel(theirs.name).fill('for-both');
  await one.page.getByRole('button', { name: texts.ok, exact: true }).click();
  await one.page.getByRole('heading', { level: 1, name: 'for-both' }).waitFor();
  await other.page.getByRole('button', { name: theirs.ok, exact: true }).click();
  await other.isRefused('InvalidImageName.Duplicated');
  await other.go('images');
  await other.sees('for-both');
  await kms('DisableKey', { KeyId: key, Force: true });
  await Promise.all([one, other].map((person) => unusableKey(person, plain, key)));
  await one.done();
  await other.done();
}

// Times are read and typed in the zone of the browser, and asked for in UTC.
async function ownZone(browser) {
  const person = await Person.arrive(browser, 'zh-CN', { timezoneId: 'Asia/Shanghai' });
  await person.signIn(ACCOUNT.id, ACCOUNT.secret);
  await person.go('audit?from=2026-01-01T10:00:05');
  const from = person.page.locator('input[data-zoned]').first();
  assert.strictEqual(await from.inputValue(), '2026-01-01T18:00:05');
  await from.fill('2026-01-02T00:30:05');
  await person.page.getByRole('button', { name: person.words('pages/audit/mod').search, exact: true }).click();
  await person.page.waitForURL((url) => url.searchParams.get('from') === '2026-01-01T16:30:05');
  await person.done();
}

run('limits', () => withBrowser(async (browser) => {
  const key = await createKey('golden');
  const plain = await importDisk('plain');
  const sealed = await copyImage(plain, { Encrypted: true, KMSKeyId: key, DestinationImageName: 'sealed' });
  const person = await Person.arrive(browser, 'en');
  await person.signIn(ACCOUNT.id, ACCOUNT.secret);
  await person.sees(BACKUP);
  await staysInItsRegion(person, sealed);
  await copyStaysEncrypted(person, sealed, key);
  await diskStaysEncrypted(person, sealed, key);
  await disksAreAdded(person, plain);
  await pairsAndRoles(person);
  await madeOnce(person);
  await toTheEnd(person);
  await person.done();
  await errorsSayWhatTheyAre(browser);
  await withoutRights(browser, plain);
  await together(browser, plain, key);
  await ownZone(browser);
}));
