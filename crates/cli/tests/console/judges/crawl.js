// Finds all pages: from the overview, every link that leads on within the region, a few of each shape.
'use strict';

const assert = require('node:assert');
const { base, region } = require('./browser');

// What stands for one thing or another in an address: ids of keys, and of images, instances, disks, tickets, tasks.
const IDS = [/[0-9a-f]{8}-[0-9a-f-]{27}/g, /\b[a-z]{1,2}-[0-9a-z]{20}\b/g];

// The same of names of users, groups, roles and policies.
const NAMES = /(access\/(?:users|groups|roles|policies\/[^/]+))\/(?!create$)[^/]+/;

// Shape of an address: ids, names and the values of its query do not make it another page.
function shape(url) {
  const path = IDS.reduce((path, id) => path.replace(id, '{id}'), url.pathname).replace(NAMES, '$1/{name}');
  const names = [...url.searchParams.keys()].sort();
  return names.length ? `${path}?${names.join('&')}` : path;
}

// Pages of one shape that are looked at: keys, say, differ in what can be done with them.
const EXAMPLES = 2;

// Calls `look(page's shape)` on the pages of the region that can be reached, in the order of their distance. Answers their shapes.
async function crawl(person, look) {
  const within = `/console/${region}/`;
  const queue = [];
  const known = new Set();
  const counts = new Map();
  const add = (url) => {
    const [path, like] = [url.pathname + url.search, shape(url)];
    const count = counts.get(like) ?? 0;
    if (!url.pathname.startsWith(within) || known.has(path) || count >= (like.includes('{id}') ? EXAMPLES : 1)) return;
    known.add(path);
    counts.set(like, count + 1);
    queue.push(path);
  };
  add(new URL(`${within}overview`, base));
  while (queue.length) {
    const path = queue.shift();
    const answer = await person.page.goto(base + path);
    assert.strictEqual(answer.status(), 200, `${path}, which a page leads to`);
    if (!answer.headers()['content-type'].startsWith('text/html')) continue;
    await look(shape(new URL(path, base)));
    for (const link of await links(person.page)) add(new URL(link, base));
  }
  return [...counts.keys()];
}

async function links(page) {
  return page.locator('a[href]').evaluateAll((anchors) => anchors.filter((a) => !a.hasAttribute('download')).map((a) => a.getAttribute('href')));
}

module.exports = { crawl };
