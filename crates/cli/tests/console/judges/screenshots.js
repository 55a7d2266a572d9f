// Pictures of every page in both languages: screenshots.js DIRECTORY. Not a judge: people look at them.
'use strict';

const path = require('node:path');
const { ACCOUNT } = require('./api');
const { Person, region, run, withBrowser } = require('./browser');
const { crawl } = require('./crawl');
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

run('screenshots', () => withBrowser(async (browser) => {
  await seed('Debian 12 with nginx, for the shop');
  for (const language of LANGUAGES) {
    const person = await Person.arrive(browser, language);
    await person.go('/console/sign-in');
    await person.page.screenshot({ path: file(language, 'sign-in') });
    await person.signIn(ACCOUNT.id, ACCOUNT.secret);
    await crawl(person, (shape) => person.page.screenshot({ path: file(language, shape), fullPage: true }));
    await person.done();
  }
}));
