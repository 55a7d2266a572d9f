// What pages look like that no link leads to: forms that were sent, refusals, empty regions, people without rights, narrow windows.
'use strict';

const { createKey, createUser, ecs, kms, ram, until } = require('./api');
const { Person, base } = require('./browser');

const LOOKER = { Version: '1', Statement: [{ Effect: 'Allow', Action: ['ecs:DescribeImages', 'ecs:DescribeInstances'], Resource: '*' }] };
const PASSWORD = 'Correct-Horse-9';
const EMPTY = '/console/cn-shanghai';

// Keys in the states that they can have, and people: once for all languages.
async function prepare() {
  const disabled = await createKey('out-of-use');
  await kms('DisableKey', { KeyId: disabled });
  const going = await createKey('to-be-deleted');
  await kms('ScheduleKeyDeletion', { KeyId: going, PendingWindowInDays: 30 });
  const looker = await createUser('looker', LOOKER);
  await ram('CreateLoginProfile', { UserName: 'looker', Password: PASSWORD, PasswordResetRequired: true });
  return { disabled, going, looker };
}

// `shoot(name)` takes a picture of the page as it is.
async function ofAccount(person, { key, external, plain, sealed, disabled, going }, shoot) {
  for (const section of ['overview', 'images', 'instances', 'instances/run', 'keys', 'tasks', 'tickets']) {
    await person.go(`${EMPTY}/${section}`);
    await shoot(`empty-${section.replace('/', '-')}`);
  }
  await person.go('nothing');
  await shoot('not-found');
  for (const [name, id] of [['disabled', disabled], ['pending-deletion', going]]) {
    await person.go(`keys/${id}`);
    await shoot(`key-${name}`);
  }
  await importing(person, shoot);
  await copying(person, { key, plain, sealed }, shoot);
  await wrapping(person, external, shoot);
  await adding(person, plain, shoot);
  await auditing(person, shoot);
  await person.go('access/users/alice');
  await person.page.locator('form[action$="/change/delete"] button').click();
  await shoot('user-delete-question');
  await isSure(person);
  await shoot('user-not-deleted');
  await asking(person, key, shoot);
  await failing(person, shoot);
}

// The questions before a deletion.
async function asking(person, key, shoot) {
  await person.go('key-pairs');
  await person.page.locator('form[action$="/key-pairs/delete"] button').first().click();
  await shoot('key-pair-delete-question');
  await person.go(`keys/${key}`);
  await person.page.locator('form[action$="/change/remove-alias"] button').first().click();
  await shoot('alias-remove-question');
}

async function isSure({ page, words }) {
  await page.getByLabel(words('pages/confirm').sure).check();
  await page.getByRole('button', { name: words('pages/confirm').delete, exact: true }).click();
}

// Pages that only say what is wrong: a form without its token, one of another site, and what is not there.
async function failing(person, shoot) {
  const form = person.page.locator('form[action$="/key-pairs/import"]');
  await person.go('key-pairs');
  await form.evaluate((form) => {
    form.elements.csrf.value = 'x';
    form.submit();
  });
  await person.page.getByRole('alert').waitFor();
  await shoot('error-stale-form');
  const answer = await person.context.request.post(await person.page.url(), { form: {}, headers: { origin: 'http://evil.example', 'accept-language': person.language } });
  await person.page.setContent((await answer.text()).replaceAll('/console/', `${base}/console/`));
  await shoot('error-foreign-form');
  await person.go('keys/01234567-89ab-4cde-8f01-23456789abcd');
  await shoot('error-no-such-key');
  await person.go('access/users/nobody');
  await shoot('error-no-such-user');
}

async function importing(person, shoot) {
  const { page, words } = person;
  const texts = words('pages/images/import/mod');
  await person.go('images/import');
  await page.getByLabel(texts.from_bucket).check();
  await page.getByLabel(texts.bucket, { exact: true }).fill('golden');
  await page.getByLabel(texts.object, { exact: true }).fill('nothing.raw');
  await page.getByLabel(texts.name, { exact: true }).fill('database');
  await page.getByRole('button', { name: texts.check, exact: true }).click();
  await page.getByRole('alert').waitFor();
  await shoot('import-refused');
  await page.getByLabel(texts.object, { exact: true }).fill('disk.raw');
  await page.getByRole('button', { name: texts.check, exact: true }).click();
  await page.getByText(words('pages/images/import/report').title).waitFor();
  await shoot('import-checked');
}

async function copying(person, { key, plain, sealed }, shoot) {
  const { page } = person;
  const texts = person.words('pages/images/copy/mod');
  await person.go(`images/${plain}/copy`);
  await page.getByLabel(texts.encrypt, { exact: true }).check();
  await person.select(person.words('pages/images/copy/key_choice').key).selectOption(key);
  await page.locator('[data-preview-shown]').getByText('alias/golden').waitFor();
  await page.locator('[data-preview-shown] summary').click();
  await shoot('copy-encrypted');
  await person.go(`images/${sealed}/copy`);
  await person.select(texts.destination).selectOption('cn-shanghai');
  await page.locator('[data-preview-shown]').getByText('OperationDeined').waitFor();
  await page.getByRole('button', { name: texts.ok, exact: true }).click();
  await page.getByRole('alert').waitFor();
  await shoot('copy-refused');
}

async function wrapping(person, external, shoot) {
  await person.go(`keys/${external}/import`);
  await person.page.getByRole('button', { name: person.words('pages/keys/import').next, exact: true }).click();
  await person.page.locator('pre').first().waitFor();
  await shoot('key-import-commands');
}

// Disks to the form of an instance, and a key pair.
async function adding(person, plain, shoot) {
  const { page } = person;
  await person.go(`instances/run?ImageId=${plain}`);
  for (const disk of [1, 2]) {
    await page.getByRole('button', { name: person.words('pages/instances/run').more, exact: true }).click();
    await page.locator(`[name="DataDisk.${disk}.Size"]`).fill(String(disk));
  }
  await shoot('run-data-disks');
  await person.go('key-pairs');
  const form = page.locator('form[action$="/key-pairs/create"]');
  await form.locator('[name="KeyPairName"]').fill(`login-${person.language}`);
  await form.getByRole('button').click();
  await page.locator('#private-key').waitFor();
  await shoot('key-pair-private');
}

async function auditing(person, shoot) {
  await person.go('audit?outcome=failed');
  await person.page.locator('td summary').first().click();
  await shoot('audit-details');
  await person.page.getByRole('button', { name: person.words('pages/audit/mod').verify }).click();
  await person.page.getByRole('status').waitFor();
  await shoot('audit-verified');
}

async function narrow(person, { plain }, shoot) {
  await person.page.setViewportSize({ width: 390, height: 800 });
  for (const page of ['overview', 'images', `images/${plain}`, `images/${plain}/copy`, 'keys', 'audit']) {
    await person.go(page);
    await shoot(`narrow-${page.replace(/m-[0-9a-z]+/, 'id').replace(/\//g, '-')}`);
  }
}

// Somebody whose key does not work any more, and somebody who may hardly do anything.
async function ofOthers(browser, language, { looker }, shooter) {
  const person = await Person.arrive(browser, language);
  const shoot = shooter(person);
  await person.signIn(looker.id, looker.secret);
  await shoot('no-rights-overview');
  await person.go('keys');
  await shoot('no-rights-keys');
  await person.done();
  const other = await Person.arrive(browser, language);
  await other.go('/console/sign-in');
  await signInByPassword(other, `${PASSWORD}-wrong`);
  await other.page.getByRole('alert').waitFor();
  await shooter(other)('sign-in-refused');
  await signInByPassword(other, PASSWORD);
  await other.page.waitForURL('**/password');
  await shooter(other)('password');
  await other.done();
}

async function signInByPassword({ page, words }, password) {
  const texts = words('pages/sign_in');
  await page.getByLabel(texts.account).fill('1000000000000001');
  await page.getByLabel(texts.user).fill('looker');
  await page.getByLabel(texts.password, { exact: true }).fill(password);
  await page.locator('form').first().getByRole('button').click();
}

// An instance that is stopped, and does not start because its key is disabled.
async function lockedInstance(person, { instance, key }, shoot) {
  await person.go(`instances/${instance}`);
  await shoot('instance-stopped');
  await kms('DisableKey', { KeyId: key, Force: true });
  await person.go(`instances/${instance}`);
  await person.sees(person.words('pages/instances/detail').does_not_start);
  await person.page.getByRole('button', { name: person.words('pages/instances/detail').start, exact: true }).click();
  await person.page.getByRole('alert').waitFor();
  await shoot('instance-locked');
  await kms('EnableKey', { KeyId: key });
}

async function stop(InstanceId) {
  await ecs('StopInstance', { InstanceId, ForceStop: true });
  await until('it is stopped', async () => (await ecs('DescribeInstances', { InstanceIds: JSON.stringify([InstanceId]) })).Instances.Instance[0].Status === 'Stopped');
}

module.exports = { lockedInstance, narrow, ofAccount, ofOthers, prepare, stop };
