// Calls of the API beside the browser, with the account's access key or another one. Signed as `HMAC-SHA1` (RPC), which others judge.
'use strict';

const assert = require('node:assert');
const crypto = require('node:crypto');
const { setTimeout: sleep } = require('node:timers/promises');
const { PATIENCE, base, region } = require('./browser');

const VERSIONS = { ecs: '2014-05-26', kms: '2016-01-20', ram: '2015-05-01' };
const ACCOUNT = { id: process.env.RESEAL_ACCESS_KEY_ID, secret: process.env.RESEAL_ACCESS_KEY_SECRET };

const escaped = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

// Answers the fields of the action's answer. A refusal is an error with its code.
async function call(product, action, parameters = {}, key = ACCOUNT) {
  const all = {
    ...(product === 'ecs' ? { RegionId: region } : {}), ...parameters, Action: action, Version: VERSIONS[product], Format: 'JSON', AccessKeyId: key.id,
    SignatureMethod: 'HMAC-SHA1', SignatureVersion: '1.0', SignatureNonce: crypto.randomUUID(),
    Timestamp: new Date().toISOString().replace(/\.\d+Z/, 'Z'),
  };
  const query = Object.keys(all).sort().map((name) => `${escaped(name)}=${escaped(String(all[name]))}`).join('&');
  const signature = crypto.createHmac('sha1', `${key.secret}&`).update(`POST&%2F&${escaped(query)}`).digest('base64');
  const body = `${query}&Signature=${escaped(signature)}`;
  const answer = await fetch(base, { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  const fields = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(`${action}: ${fields.Code}: ${fields.Message}`), { code: fields.Code });
  return fields;
}

const ecs = (action, parameters, key) => call('ecs', action, parameters, key);
const kms = (action, parameters, key) => call('kms', action, parameters, key);
const ram = (action, parameters, key) => call('ram', action, parameters, key);

// Looks until there is something, which it answers.
async function until(what, look) {
  const limit = Date.now() + PATIENCE;
  for (;;) {
    const found = await look();
    if (found) return found;
    assert(Date.now() < limit, `not in time: ${what}`);
    await sleep(50);
  }
}

async function image(ImageId) {
  return (await ecs('DescribeImages', { ImageId, Status: 'ALL' })).Images.Image[0];
}

async function finished(imageId) {
  await until(`${imageId} is made`, async () => {
    const found = await image(imageId);
    assert.notStrictEqual(found?.Status, 'CreateFailed', JSON.stringify(found));
    return found?.Status === 'Available';
  });
  return imageId;
}

// Imports `disk.raw` of the bucket `golden`.
async function importDisk(ImageName, more = {}) {
  const mapping = { 'DiskDeviceMapping.1.OSSBucket': 'golden', 'DiskDeviceMapping.1.OSSObject': 'disk.raw', 'DiskDeviceMapping.1.Format': 'RAW' };
  return finished((await ecs('ImportImage', { ImageName, ...mapping, ...more })).ImageId);
}

async function copyImage(ImageId, more) {
  return finished((await ecs('CopyImage', { ImageId, ...more })).ImageId);
}

async function runInstance(ImageId, more = {}) {
  const answer = await ecs('RunInstances', { ImageId, InstanceType: 'ecs.t5-lc2m1.nano', ...more });
  return answer.InstanceIdSets.InstanceIdSet[0];
}

async function createKey(alias, more = {}) {
  const { KeyMetadata: { KeyId } } = await kms('CreateKey', more);
  if (alias) await kms('CreateAlias', { KeyId, AliasName: `alias/${alias}` });
  return KeyId;
}

// A user with an access key of their own and, if there is one, a policy.
async function createUser(UserName, policy) {
  await ram('CreateUser', { UserName });
  if (policy) {
    await ram('CreatePolicy', { PolicyName: UserName, PolicyDocument: JSON.stringify(policy) });
    await ram('AttachPolicyToUser', { PolicyType: 'Custom', PolicyName: UserName, UserName });
  }
  const { AccessKey } = await ram('CreateAccessKey', { UserName });
  return { id: AccessKey.AccessKeyId, secret: AccessKey.AccessKeySecret };
}

module.exports = { ACCOUNT, copyImage, createKey, createUser, ecs, image, importDisk, kms, ram, runInstance, until };
