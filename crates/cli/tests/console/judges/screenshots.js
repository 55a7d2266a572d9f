// Pictures of every page in both languages: screenshots.js DIRECTORY. Not a judge: people look at them.
'use strict';

const path = require('node:path');
const { ACCOUNT } = require('./api');
const { Person, region, run, withBrowser } = require('./browser');
const { crawl } = require('./crawl');
const { seed } = require('./seed');
const { LANGUAGES } = require('./words');

// `keys/{id}/import` becomes `keys-id-import.png`.
function file(language, shape) {
  const name = shape.replace(`/console/${region}/`, '').replace(/[^0-9A-Za-z]+/g, '-').replace(/^-|-$/g, '');
  return path.join(process.argv[2], language, `${name || 'overview'}.png`);
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
