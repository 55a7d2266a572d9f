// Pictures of every page in both languages: screenshots.js DIRECTORY. Not a judge: people look at them.
'use strict';

const path = require('node:path');
const { ACCOUNT } = require('./api');
const { Person, region, run, withBrowser } = require('./browser');
const { crawl } = require('./crawl');
const moments = require('./moments');
const { seed } = require('./seed');
const { LANGUAGES } = require('./words');

const taken = new Set();

// `keys/{id}/import` becomes `keys-id-import.png`, and the next one of the shape `keys-id-import-2.png`.
function file(language, shape) {
  const name = shape.replace(`/console/${region}/`, '').replace(/[^0-9A-Za-z]+/g, '-').replace(/-$/, '');
  const place = path.join(process.argv[2], language, name);
  const file = taken.has(place) ? `${place}-2.png` : `${place}.png`;
  taken.add(place);
  return file;
}

const shooter = (person) => (shape) => person.page.screenshot({ path: file(person.language, shape), fullPage: true });

async function everyPage(browser, language) {
  const person = await Person.arrive(browser, language);
  await person.go('/console/sign-in');
  await shooter(person)('sign-in');
  await person.signIn(ACCOUNT.id, ACCOUNT.secret);
  await crawl(person, shooter(person));
  return person;
}

run('screenshots', () => withBrowser(async (browser) => {
  const seeded = await seed('Debian 12 with nginx, for the shop');
  const people = [];
  for (const language of LANGUAGES) people.push(await everyPage(browser, language));
  const all = { ...seeded, ...await moments.prepare() };
  for (const person of people) {
    await moments.ofAccount(person, all, shooter(person));
    await moments.ofOthers(browser, person.language, all, shooter);
  }
  await moments.stop(all.instance);
  for (const person of people) {
    await moments.lockedInstance(person, all, shooter(person));
    await moments.narrow(person, all, shooter(person));
    await person.done();
  }
}));
