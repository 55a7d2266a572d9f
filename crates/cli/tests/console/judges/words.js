// The texts of the console, read from where they are declared: `texts!` in crates/console/src. So a judge looks for what the page shall say in
// its language, and not for a copy of that.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const SOURCE = path.join(__dirname, '../../../../console/src');
const LANGUAGES = ['en', 'zh-CN'];

// words('zh-CN')('pages/instances/run').title is the Chinese title. A file or a text that is not there is an error.
function words(language) {
  const column = LANGUAGES.indexOf(language);
  return (file) => {
    const texts = declared(file);
    return new Proxy({}, {
      get: (_, name) => {
        if (!texts.has(name)) throw new Error(`${file} declares no text ${String(name)}`);
        return texts.get(name)[column];
      },
    });
  };
}

function declared(file) {
  const source = fs.readFileSync(path.join(SOURCE, `${file}.rs`), 'utf8');
  const text = /^ {8}(\w+):\s*("(?:[^"\\]|\\.)*")\s*\|\s*("(?:[^"\\]|\\.)*");$/gm;
  return new Map([...source.matchAll(text)].map(([, name, english, chinese]) => [name, [english, chinese].map((part) => JSON.parse(part))]));
}

// A pattern for a text with places `{}`, whatever stands there.
function like(text) {
  const parts = text.split('{}').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(parts.join('.*'));
}

module.exports = { LANGUAGES, like, words };
