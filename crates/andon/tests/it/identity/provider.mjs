// A provider of OpenID Connect on loopback: `node provider.mjs DIR_OF_NODE_MODULES PORT BACK`.
// Whoever signs in is called what they typed; ana is in the group ops.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [modules, port, back] = process.argv.slice(2);
const found = createRequire(`${modules}/`).resolve('oidc-provider');
const { default: Provider } = await import(pathToFileURL(found));

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'andon',
    client_secret: 'hush hush & hush',
    redirect_uris: [back],
    post_logout_redirect_uris: [back.replace('/sign-in/back', '/sign-in/left')],
    grant_types: ['authorization_code'],
    response_types: ['code'],
  }],
  claims: { openid: ['sub'], profile: ['preferred_username'], groups: ['groups'] },
  scopes: ['openid', 'profile', 'groups'],
  pkce: { required: () => true },
  cookies: { keys: ['of a test'] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, groups: id === 'ana' ? ['ops'] : [] }),
  }),
});
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
