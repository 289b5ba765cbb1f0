// A gRPC-web client, as a browser's page would be: framed bodies, trailers in the body, a problem with details.
import assert from "node:assert/strict";

const [address, key] = process.argv.slice(2);

/** One length-prefixed frame (gRPC-web protocol): a flag byte, four bytes of length, the payload. */
function frame(payload) {
  const framed = new Uint8Array(5 + payload.length);
  new DataView(framed.buffer).setUint32(1, payload.length);
  framed.set(payload, 5);
  return framed;
}

/** The message and the trailers of a reply. */
function unframe(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts = { message: null, trailers: new Map() };
  for (let at = 0; at < bytes.length; ) {
    const length = view.getUint32(at + 1);
    const payload = bytes.subarray(at + 5, at + 5 + length);
    if (bytes[at] & 0x80) {
      for (const line of new TextDecoder().decode(payload).trim().split("\r\n")) {
        const colon = line.indexOf(":");
        parts.trailers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
      }
    } else {
      parts.message = payload;
    }
    at += 5 + length;
  }
  return parts;
}

async function call(method, payload, headers) {
  const reply = await fetch(`http://${address}/arki.directory.v1.DirectoryService/${method}`, {
    method: "POST",
    headers: { "content-type": "application/grpc-web+proto", "x-grpc-web": "1", ...headers },
    body: frame(payload),
  });
  const parts = unframe(new Uint8Array(await reply.arrayBuffer()));
  const status = parts.trailers.get("grpc-status") ?? reply.headers.get("grpc-status");
  return { ...parts, status };
}

// CreateRoleRequest { role: Role { display_name: "Web" } }: field 1, inside it field 2.
const inner = [0x12, 3, ...new TextEncoder().encode("Web")];
const created = await call("CreateRole", new Uint8Array([0x0a, inner.length, ...inner]), {
  authorization: `Bearer ${key}`,
});
assert.equal(created.status, "0");
assert.match(new TextDecoder().decode(created.message), /roles\/rol_/);

const refused = await call("CreateRole", new Uint8Array(), { authorization: `Bearer ${key}` });
assert.equal(refused.status, "3");
const stranger = await call("ListRoles", new Uint8Array(), {});
assert.equal(stranger.status, "16");
