// Images by the SDK for Node: imported, copied in each way, refused. Usage: images_node.js HOST:PORT KEY_FILE, with NODE_PATH at the SDKs.
// The server serves the bucket `golden` with `disk.qcow2`. The images stay, for whoever looks into them.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const Pop = require('@alicloud/pop-core');
const ecs = require('@alicloud/ecs20140526');
const { $OpenApiUtil } = require('@alicloud/openapi-core');

const [endpoint, keyFile] = process.argv.slice(2);
const [accessKeyId, accessKeySecret] = fs.readFileSync(keyFile, 'utf8').split(/\s+/);
const regionId = 'cn-hangzhou';
const client = new ecs.default(new $OpenApiUtil.Config({ accessKeyId, accessKeySecret, endpoint, protocol: 'http', regionId }));
const kms = new Pop({ endpoint: `http://${endpoint}`, apiVersion: '2016-01-20', accessKeyId, accessKeySecret });

async function refused(code, call) {
  try {
    await call();
  } catch (error) {
    assert.strictEqual(error.code, code, `wanted ${code}, got ${error.code}: ${error.message}`);
    return;
  }
  throw new Error(`not refused with ${code}`);
}

async function image(imageId) {
  const { body } = await client.describeImages(new ecs.DescribeImagesRequest({ regionId, imageId, status: 'ALL' }));
  assert.strictEqual(body.images.image.length, 1);
  return body.images.image[0];
}

async function wait(imageId) {
  const limit = Date.now() + 60000;
  for (;;) {
    const { status } = await image(imageId);
    if (status === 'Available') return imageId;
    assert(['Creating', 'Waiting'].includes(status) && Date.now() < limit, status);
    await sleep(20);
  }
}

async function importPlain() {
  const mapping = new ecs.ImportImageRequestDiskDeviceMapping({ OSSBucket: 'golden', OSSObject: 'disk.qcow2', format: 'QCOW2' });
  const request = new ecs.ImportImageRequest({ regionId, imageName: 'golden-node', architecture: 'x86_64', diskDeviceMapping: [mapping] });
  return wait((await client.importImage(request)).body.imageId);
}

const beginCopy = (imageId, more) => client.copyImage(new ecs.CopyImageRequest({ regionId, imageId, ...more }));
const copy = async (imageId, more) => wait((await beginCopy(imageId, more)).body.imageId);
const newKey = async () => (await kms.request('CreateKey', {}, { method: 'POST' })).KeyMetadata.KeyId;

async function limits(plain, sealed, own) {
  const disabled = await newKey();
  await kms.request('DisableKey', { KeyId: disabled }, { method: 'POST' });
  const cases = [
    ['InvalidParameter.EncryptedIllegal', plain, { KMSKeyId: own }],
    ['InvalidParameter.EncryptedIllegal', sealed, { KMSKeyId: own }],
    ['InvalidParameter.KMSKeyId.NotFound', plain, { KMSKeyId: '01234567-89ab-4cde-8f01-23456789abcd', encrypted: true }],
    ['InvalidParameter.KMSKeyId.CMKNotEnabled', plain, { KMSKeyId: disabled, encrypted: true }],
    ['OperationDeined.EncryptedSnapshot', sealed, { destinationRegionId: 'cn-shanghai' }],
    ['DestinationRegion.NotFound', plain, { destinationRegionId: 'cn-nowhere' }],
    ['InvalidImageId.NotFound', 'm-00000000000000000000', {}],
    ['InvalidImageName.Malformed', plain, { destinationImageName: '1 bad name' }],
    ['InvalidImageName.Duplicated', plain, { destinationImageName: 'golden-node' }],
  ];
  for (const [code, source, more] of cases) await refused(code, () => beginCopy(source, more));
}

async function main() {
  const plain = await importPlain();
  const [own, other] = [await newKey(), await newKey()];
  const sealed = [await copy(plain, { encrypted: true }), await copy(plain, { encrypted: true, KMSKeyId: own })];
  sealed.push(await copy(sealed[1], {}), await copy(sealed[1], { encrypted: true, KMSKeyId: other }));
  for (const imageId of sealed) {
    assert.strictEqual((await image(imageId)).diskDeviceMappings.diskDeviceMapping[0].encrypted, true, imageId);
  }
  await limits(plain, sealed[1], own);
  console.log('images_node: every step passed');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
