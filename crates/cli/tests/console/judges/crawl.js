// Finds all pages: from the overview, every link that leads on within the region, one of each shape.
'use strict';

const assert = require('node:assert');
const { base, region } = require('./browser');

// What stands for one thing or another in an address: ids of keys, and of images, instances, disks, snapshots, tickets, tasks.
const IDS = [/[0-9a-f]{8}-[0-9a-f-]{27}/g, /\b(m|i|d|s|t|tk|snap|ticket|task|key)-[0-9a-z]{8,}\b/g];

// The same of names of users, groups, roles and policies.
const NAMES = /(access\/(?:users|groups|roles|policies\/[^/]+))\/(?!create$)[^/]+/;

// Shape of an address: ids, names and the values of its query do not make it another page.
function shape(url) {
  const path = IDS.reduce((path, id) => path.replace(id, '{id}'), url.pathname).replace(NAMES, '$1/{name}');
  const names = [...url.searchParams.keys()].sort();
  return names.length ? `${path}?${names.join('&')}` : path;
}

// Calls `look(page's shape)` on each page of the region that can be reached, in the order of their distance.
async function crawl(person, look) {
  const within = `/console/${region}/`;
  const queue = [`${within}overview`];
  const known = new Set(queue);
  const shapes = [];
  while (queue.length) {
    const path = queue.shift();
    const answer = await person.page.goto(base + path);
    assert.strictEqual(answer.status(), 200, `${path}, which a page leads to`);
    const here = shape(new URL(path, base));
    if (!(answer.headers()['content-type'] ?? '').startsWith('text/html')) continue;
    shapes.push(here);
    await look(here);
    for (const link of await links(person.page)) {
      const url = new URL(link, base);
      if (!url.pathname.startsWith(within) || known.has(shape(url))) continue;
      known.add(shape(url));
      queue.push(url.pathname + url.search);
    }
  }
  return shapes;
}

async function links(page) {
  return page.locator('a[href]').evaluateAll((anchors) => anchors.filter((a) => !a.hasAttribute('download')).map((a) => a.getAttribute('href')));
}

module.exports = { crawl };
