// The wizard for material of one's own, with openssl and nothing but what its pages show and give.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { ACCOUNT, createKey, kms } = require('./api');
const { Person, run, withBrowser } = require('./browser');

const ALGORITHMS = ['RSAES_OAEP_SHA_256', 'RSAES_OAEP_SHA_1', 'RSAES_PKCS1_V1_5'];

// Brings material of a key's own by one algorithm.
async function bring(person, key, algorithm) {
  const { page } = person;
  const texts = person.words('pages/keys/import');
  await person.go(`keys/${key}/import`);
  await person.select(texts.algorithm).selectOption(algorithm);
  await page.getByRole('button', { name: texts.next, exact: true }).click();
  const place = fs.mkdtempSync(path.join(os.tmpdir(), 'byok-'));
  // Each step by itself, as it stands, as somebody pastes it.
  const commands = await page.locator('pre').allInnerTexts();
  const outputs = commands.map((command) => execFileSync('sh', ['-ec', command], { cwd: place, encoding: 'utf8' }));
  const wrappingKey = fs.readFileSync(path.join(place, 'wrapping_key.pem'), 'utf8');
  fs.rmSync(place, { recursive: true });
  assert.strictEqual(await downloaded(page, texts.download_key), wrappingKey, 'the file is the key of the commands');
  assert.strictEqual(await downloaded(page, texts.download_token), await person.field(texts.token).inputValue());
  await person.field(texts.material).fill(outputs.at(-1).trim());
  await page.getByRole('button', { name: texts.import, exact: true }).click();
  await person.sees(person.words('pages/keys/key').enabled);
  assert.strictEqual((await kms('DescribeKey', { KeyId: key })).KeyMetadata.KeyState, 'Enabled', algorithm);
}

async function downloaded(page, button) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: button }).click()]);
  return fs.readFileSync(await download.path(), 'utf8');
}

run('byok', () => withBrowser(async (browser) => {
  for (const [language, algorithms] of [['en', ALGORITHMS.slice(0, 1)], ['zh-CN', ALGORITHMS.slice(1)]]) {
    const person = await Person.arrive(browser, language);
    await person.signIn(ACCOUNT.id, ACCOUNT.secret);
    for (const algorithm of algorithms) await bring(person, await createKey(null, { Origin: 'EXTERNAL' }), algorithm);
    await person.done();
  }
}));
