// The path of somebody who uses the console for the first time, in both languages: sign in, bring a disk, make a key, copy with encryption, run,
// look at the guest's console; and what happens when the key is disabled.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const { ACCOUNT } = require('./api');
const { Person, run, withBrowser } = require('./browser');
const { LANGUAGES } = require('./words');

const { DISK, LINE } = process.env;
const TYPE = 'ecs.t5-lc2m1.nano';

async function story(browser, language) {
  const person = await Person.arrive(browser, language);
  const name = `${language.slice(0, 2)}-disk`;
  await person.signIn(ACCOUNT.id, ACCOUNT.secret);
  await importFromBucket(person, `${name}-of-bucket`);
  await importByUpload(person, name);
  const image = person.page.url();
  const key = await createKey(person, `alias/${name}`);
  await person.page.goto(image);
  await copyEncrypted(person, name, key);
  await runInstance(person, `${name}-1`);
  await stopHard(person);
  const instance = person.page.url();
  await disable(person, key);
  await startIsRefused(person, instance, key);
  await person.done();
}

async function importFromBucket(person, name) {
  const { page } = person;
  const texts = person.words('pages/images/import/mod');
  await person.go('images/import');
  await page.getByLabel(texts.from_bucket).check();
  await page.getByLabel(texts.bucket, { exact: true }).fill('golden');
  await page.getByLabel(texts.object, { exact: true }).fill('disk.raw');
  await checkAndImport(person, name);
}

async function importByUpload(person, name) {
  const { page } = person;
  await person.go('images');
  await page.getByRole('link', { name: person.words('pages/images/list').import, exact: true }).click();
  await page.getByLabel(person.words('pages/images/import/mod').file, { exact: true }).setInputFiles(diskOf(name));
  await checkAndImport(person, name);
}

// A disk of one's own behind what the guest reads: two uploads of the same bytes by one account are one upload.
function diskOf(name) {
  const buffer = fs.readFileSync(DISK);
  buffer.write(name, buffer.length - 64);
  return { name: `${name}.raw`, mimeType: 'application/octet-stream', buffer };
}

// The page says what the file is before it is imported; then that of the new image follows.
async function checkAndImport(person, name) {
  const { page } = person;
  const texts = person.words('pages/images/import/mod');
  await page.getByLabel(texts.name, { exact: true }).fill(name);
  await page.getByRole('button', { name: texts.check, exact: true }).click();
  await person.sees(person.words('pages/images/import/report').title);
  await person.sees('2 MiB');
  await page.getByRole('button', { name: texts.import, exact: true }).click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
  await person.sees(person.words('pages/images/image').available);
}

// Answers the id of the key.
async function createKey(person, alias) {
  const { page } = person;
  const texts = person.words('pages/keys/create');
  await person.go('keys');
  await page.getByRole('link', { name: person.words('pages/keys/list').create, exact: true }).first().click();
  await page.getByLabel(texts.alias, { exact: true }).fill(alias);
  await page.getByRole('button', { name: texts.create, exact: true }).click();
  await person.sees(person.words('pages/keys/key').enabled);
  return page.url().split('/').at(-1);
}

// From the page of the image, to 100 % on the page of its copy.
async function copyEncrypted(person, name, key) {
  const { page } = person;
  const texts = person.words('pages/images/copy/mod');
  await page.getByRole('link', { name: person.words('pages/images/detail').copy, exact: true }).click();
  await page.getByLabel(texts.name).fill(`${name}-encrypted`);
  await page.getByLabel(texts.encrypt, { exact: true }).check();
  await person.select(person.words('pages/images/copy/key_choice').key).selectOption(key);
  await page.getByRole('button', { name: texts.ok, exact: true }).click();
  await page.getByRole('heading', { level: 1, name: `${name}-encrypted` }).waitFor();
  await person.sees('100 %');
  await person.sees(person.words('pages/images/image').available);
  await page.getByRole('link', { name: key }).or(page.locator(`a[href$="/keys/${key}"]`)).first().waitFor();
}

// From the page of the image, to the guest's line on the page of the instance.
async function runInstance(person, name) {
  const { page } = person;
  const texts = person.words('pages/instances/run');
  await page.getByRole('link', { name: person.words('pages/images/detail').run, exact: true }).click();
  await person.select(texts.kind).selectOption(TYPE);
  await page.getByLabel(texts.name, { exact: true }).fill(name);
  await page.getByRole('button', { name: texts.run, exact: true }).click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
  await person.sees(LINE);
  await person.sees(person.words('pages/instances/instance').running);
}

async function stopHard(person) {
  const texts = person.words('pages/instances/detail');
  await person.page.getByRole('button', { name: texts.stop_hard, exact: true }).click();
  await person.page.getByRole('button', { name: texts.start, exact: true }).waitFor();
}

async function disable(person, key) {
  const { page } = person;
  const texts = person.words('pages/keys/danger');
  await page.locator(`a[href$="/keys/${key}"]`).first().click();
  await page.getByRole('link', { name: person.words('pages/keys/detail').disable, exact: true }).click();
  await page.getByLabel(texts.force, { exact: true }).check();
  await page.getByRole('button', { name: texts.disable, exact: true }).click();
  await person.sees(person.words('pages/keys/key').disabled);
}

async function startIsRefused(person, instance, key) {
  const texts = person.words('pages/instances/detail');
  await person.page.goto(instance);
  await person.sees(texts.does_not_start);
  await person.page.getByRole('button', { name: texts.start, exact: true }).click();
  const said = await person.isRefused('InvalidParameter.KMSKeyId.CMKNotEnabled');
  assert(said.includes(key), `the key is named: ${said}`);
}

run('first_time', () => withBrowser((browser) => Promise.all(LANGUAGES.map((language) => story(browser, language)))));
