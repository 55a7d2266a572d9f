// The Node clients against `reseal serve`: pop-core (first signature, GET and a form) and the client of the ECS SDK (both signatures).
// Usage: node.js HTTP_HOST:PORT KEY_FILE, with NODE_PATH at the SDKs.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const Pop = require('@alicloud/pop-core');
const { default: Ecs } = require('@alicloud/ecs20140526');
const { $OpenApiUtil } = require('@alicloud/openapi-core');

const [endpoint, keyFile] = process.argv.slice(2);
const [accessKeyId, accessKeySecret] = fs.readFileSync(keyFile, 'utf8').split(/\s+/);

async function refused(code, call) {
  try {
    await call();
  } catch (error) {
    assert.strictEqual(error.code, code, `wanted ${code}, got ${error.code}: ${error.message}`);
    return error;
  }
  throw new Error(`not refused with ${code}`);
}

async function keys(method) {
  const pop = new Pop({ endpoint: `http://${endpoint}`, apiVersion: '2016-01-20', accessKeyId, accessKeySecret });
  const call = (action, parameters) => pop.request(action, parameters, { method });
  const { KeyMetadata: key } = await call('CreateKey', { Description: `made by ${method}` });
  await call('CreateAlias', { AliasName: `alias/pop-${method}`, KeyId: key.KeyId });
  const context = JSON.stringify({ a: '1', b: 'é*~ ' });
  const plain = Buffer.from('from Node').toString('base64');
  const sealed = await call('Encrypt', { KeyId: `alias/pop-${method}`, Plaintext: plain, EncryptionContext: context });
  const opened = await call('Decrypt', { CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: context });
  assert.strictEqual(opened.Plaintext, plain);
  await refused('InvalidParameter', () => call('Decrypt', { CiphertextBlob: sealed.CiphertextBlob }));
  await refused('MissingParameter', () => call('Encrypt', { KeyId: key.KeyId }));
  await refused('InvalidAction.NotFound', () => call('NoSuchAction', {}));
  await call('DisableKey', { KeyId: key.KeyId });
  await refused('Rejected.Disabled', () => call('Decrypt', { CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: context }));
  const wrong = new Pop({ endpoint: `http://${endpoint}`, apiVersion: '2016-01-20', accessKeyId, accessKeySecret: 'wrong' });
  await refused('SignatureDoesNotMatch', () => wrong.request('ListKeys', {}, { method }));
}

// The client of the ECS SDK signs and sends any call: its generic door, with the calls of KMS.
async function ecsClient(signatureAlgorithm) {
  const config = new $OpenApiUtil.Config({ accessKeyId, accessKeySecret, endpoint, protocol: 'http', regionId: 'cn-hangzhou', signatureAlgorithm });
  const client = new Ecs(config);
  const call = async (action, query) => {
    const params = new $OpenApiUtil.Params({ action, version: '2016-01-20', protocol: 'HTTP', pathname: '/', method: 'POST', authType: 'AK',
      style: 'RPC', reqBodyType: 'formData', bodyType: 'json' });
    const { body } = await client.callApi(params, new $OpenApiUtil.OpenApiRequest({ query }), {});
    return body;
  };
  const { KeyMetadata: key } = await call('CreateKey', { Description: 'a*b c~d é', KeyUsage: 'ENCRYPT/DECRYPT' });
  assert.strictEqual(key.Description, 'a*b c~d é');
  const context = JSON.stringify({ image: 'm-1' });
  const sealed = await call('GenerateDataKey', { KeyId: key.KeyId, EncryptionContext: context, NumberOfBytes: '32' });
  const opened = await call('Decrypt', { CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: context });
  assert.strictEqual(opened.Plaintext, sealed.Plaintext);
  await refused('InvalidParameter', () => call('Decrypt', { CiphertextBlob: sealed.CiphertextBlob }));
  await refused('Forbidden.KeyNotFound', () => call('DescribeKey', { KeyId: '01234567-89ab-4cde-8f01-23456789abcd' }));
}

async function main() {
  await keys('GET');
  await keys('POST');
  await ecsClient(undefined);
  await ecsClient('v2');
  console.log('node: every step passed');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
