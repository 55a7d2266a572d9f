// An account with something on every page, whose every text that may hold it is markup.
'use strict';

const { copyImage, createKey, createUser, ecs, importDisk, kms, ram, runInstance } = require('./api');

// Runs in a page that takes it for markup: in text, in a quoted attribute, as an element. Short enough for names.
const MARKUP = `"'><img src=x onerror="__xss=1"><script>__xss=2</script>&lt;`;

const DOCUMENT = JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action: 'ecs:Describe*', Resource: '*' }] });
const TRUST = JSON.stringify({
  Version: '1', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: ['ecs.aliyuncs.com'] } }],
});

// `text`: what stands in descriptions, tags and the like.
async function seed(text) {
  const key = await createKey('golden', { Description: text });
  await kms('TagResource', { KeyId: key, Tags: JSON.stringify([{ TagKey: text.slice(0, 60), TagValue: text.slice(0, 60) }]) });
  const external = await createKey('own-material', { Origin: 'EXTERNAL', Description: text });
  const tags = { 'Tag.1.Key': text.slice(0, 60), 'Tag.1.Value': text };
  const plain = await importDisk('web-server', { Description: text, ...tags });
  const sealed = await copyImage(plain, {
    Encrypted: true, KMSKeyId: key, DestinationImageName: 'web-server-encrypted', DestinationDescription: text, ...tags,
  });
  const instance = await runInstance(sealed, { InstanceName: 'web-1', Description: text, ...tags });
  await ecs('CreateKeyPair', { KeyPairName: 'login' });
  await ecs('CreateTicket', { Kind: 'image-copy-size', Size: 500, Reason: text });
  await people(text);
  return { external, instance, key, plain, sealed };
}

async function people(text) {
  await createUser('alice');
  await ram('UpdateUser', { UserName: 'alice', NewDisplayName: text.slice(0, 100), NewComments: text.slice(0, 100) });
  await ram('CreateGroup', { GroupName: 'operators', Comments: text.slice(0, 100) });
  await ram('AddUserToGroup', { GroupName: 'operators', UserName: 'alice' });
  await ram('CreatePolicy', { PolicyName: 'look', Description: text, PolicyDocument: DOCUMENT });
  await ram('AttachPolicyToUser', { PolicyType: 'Custom', PolicyName: 'look', UserName: 'alice' });
  await ram('CreateRole', { RoleName: 'reader', Description: text, AssumeRolePolicyDocument: TRUST });
}

module.exports = { MARKUP, seed };
