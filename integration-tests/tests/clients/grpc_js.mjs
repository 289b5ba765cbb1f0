// A JavaScript client from the proto files: a call, its error, a deadline.
import assert from "node:assert/strict";
import path from "node:path";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

const [address, key, protos] = process.argv.slice(2);
const definition = loader.loadSync("arki/directory/v1/directory_service.proto", {
  includeDirs: [protos, path.join(protos, "vendor")],
  keepCase: true,
});
const { DirectoryService } = grpc.loadPackageDefinition(definition).arki.directory.v1;
const client = new DirectoryService(address, grpc.credentials.createInsecure());
const metadata = new grpc.Metadata();
metadata.set("authorization", `Bearer ${key}`);

const call = (method, request, options = { deadline: Date.now() + 10_000 }) =>
  new Promise((resolve, reject) =>
    client[method](request, metadata, options, (error, reply) => (error ? reject(error) : resolve(reply))),
  );

const created = await call("CreateRole", { role: { display_name: "Payroll clerk" } });
assert.match(created.role.name, /^roles\/rol_/);
const listed = await call("ListRoles", { page_size: 1000 });
assert.ok(listed.roles.some((role) => role.name === created.role.name));
await assert.rejects(call("GetRole", { name: "roles/rol_00000000000000000000000000" }), (error) => {
  assert.equal(error.code, grpc.status.NOT_FOUND);
  return true;
});
await assert.rejects(call("ListRoles", {}, { deadline: Date.now() - 1 }), (error) => {
  assert.equal(error.code, grpc.status.DEADLINE_EXCEEDED);
  return true;
});
client.close();
