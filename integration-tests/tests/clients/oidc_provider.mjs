// A provider of OpenID Connect for the tests: oidc-provider, with client credentials for JWT access tokens (RFC 9068).
// POST /rotate makes a new signing key: once, beside the old one; with ?withdraw, instead of it.
import { createServer } from "node:http";
import { generateKeyPairSync } from "node:crypto";
import Provider from "oidc-provider";

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
let serial = 0;

function newKey() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  serial += 1;
  return { ...privateKey.export({ format: "jwk" }), kid: `key-${serial}`, use: "sig", alg: "RS256" };
}

let keys = [newKey()];
let handle;

function start() {
  const client = (id) => ({
    client_id: id,
    client_secret: "a-secret-of-the-tests",
    grant_types: ["client_credentials"],
    redirect_uris: [],
    response_types: [],
  });
  const provider = new Provider(issuer, {
    jwks: { keys },
    clients: ["analyst-app", "leader-app", "nobody-app", "short-app"].map(client),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => "urn:arki:api",
        getResourceServerInfo: (context, resource) => ({
          scope: "api",
          audience: resource,
          accessTokenTTL: context.oidc.client?.clientId === "short-app" ? 1 : 300,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
    extraTokenClaims: (context, token) => ({
      groups: token.clientId === "leader-app" ? ["leaders"] : token.clientId === "nobody-app" ? [] : ["analysts"],
    }),
  });
  handle = provider.callback();
}

start();
createServer((request, response) => {
  if (request.method === "POST" && request.url.startsWith("/rotate")) {
    const key = newKey();
    keys = request.url.includes("withdraw") ? [key] : [key, ...keys];
    start();
    response.end("rotated");
    return;
  }
  handle(request, response);
}).listen(port, "127.0.0.1");
