// A page that shows a copy, while the server is killed and comes back. Says `restart` when it wants that and `lost` when the page has
// seen that the server is away, and hears a line when it is back.
'use strict';

const assert = require('node:assert');
const { once } = require('node:events');
const { ACCOUNT, ecs, until } = require('./api');
const { Person, run, withBrowser } = require('./browser');

async function percent(person) {
  return Number(await person.page.getByRole('progressbar').first().getAttribute('value'));
}

run('restart', () => withBrowser(async (browser) => {
  const person = await Person.arrive(browser, 'en');
  await person.signIn(ACCOUNT.id, ACCOUNT.secret);
  const { Images: { Image: [plain] } } = await ecs('DescribeImages', { ImageName: 'large' });
  const { ImageId } = await ecs('CopyImage', { ImageId: plain.ImageId, Encrypted: true, DestinationImageName: 'large-encrypted' });
  await person.go(`images/${ImageId}`);
  const before = await until('the page shows progress', () => percent(person));
  assert(before < 100, `the copy ended too early: ${before} %`);
  console.log('restart');
  await person.page.getByRole('status').filter({ hasText: person.words('shell').connection_lost }).waitFor();
  console.log('lost');
  await once(process.stdin, 'data');
  // Nobody touches the page.
  await person.sees('100 %');
  await person.sees(person.words('pages/images/image').available);
  assert.strictEqual(await person.page.locator('.lost').count(), 0, 'the note goes when the server is back');
  process.stdin.destroy();
  await person.done();
}));
