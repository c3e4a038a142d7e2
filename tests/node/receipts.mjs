// Verifies and signs receipts with a JOSE library that nobody here wrote.
//
//   node receipts.mjs FOLDER   with FOLDER/node_modules/jose
//
// In: {"verify": [receipt, …], "sign": [{"header": …, "payload": …, "key": PEM}, …]}. Out: {"verified": [{"header": …,
// "payload": …} or {"error": code}, …], "signed": [receipt, …]}.
import { X509Certificate, createHash } from "node:crypto";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

const found = createRequire(resolve(process.argv[2], "package.json")).resolve("jose");
const jose = await import(pathToFileURL(found));

// What docs/protocol.md tells an integrator to do, but for the path of the certificate to a trusted issuer.
async function verified(receipt) {
  const { alg, x5c, "x5t#S256": thumbprint } = jose.decodeProtectedHeader(receipt);
  const der = Buffer.from(x5c[0], "base64");
  if (createHash("sha256").update(der).digest("base64url") !== thumbprint) throw { code: "THUMBPRINT" };
  const certificate = new X509Certificate(der);
  const algorithm = { ec: "ES256", rsa: "PS256" }[certificate.publicKey.asymmetricKeyType];
  const options = { algorithms: [algorithm] };
  const key = await jose.importX509(certificate.toString(), alg);
  const { payload, protectedHeader } = await jose.compactVerify(receipt, key, options);
  return { header: protectedHeader, payload: JSON.parse(new TextDecoder().decode(payload)) };
}

async function signed({ header, payload, key }) {
  const bytes = new TextEncoder().encode(JSON.stringify(payload));
  const privateKey = await jose.importPKCS8(key, header.alg);
  return new jose.CompactSign(bytes).setProtectedHeader(header).sign(privateKey);
}

const asked = JSON.parse(await text(process.stdin));
const refused = (error) => ({ error: error.code ?? String(error) });
const answer = {
  verified: await Promise.all(asked.verify.map((receipt) => verified(receipt).catch(refused))),
  signed: await Promise.all(asked.sign.map(signed)),
};
process.stdout.write(JSON.stringify(answer));
