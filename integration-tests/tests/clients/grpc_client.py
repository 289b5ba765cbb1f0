"""A Python client by reflection alone: health, a call, its error with details, a missing key."""

import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status

address, key = sys.argv[1:3]
channel = grpc.insecure_channel(address)
assert health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10).status == 1

pool = DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
service = pool.FindServiceByName("arki.directory.v1.DirectoryService")


def call(method, request, metadata):
    described = service.FindMethodByName(method)
    answer = GetMessageClass(described.output_type)
    stub = channel.unary_unary(
        f"/{service.full_name}/{method}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=answer.FromString,
    )
    return stub(request, metadata=metadata, timeout=10)


def make(name):
    return GetMessageClass(pool.FindMessageTypeByName(f"arki.directory.v1.{name}"))


bearer = [("authorization", f"Bearer {key}")]
created = call("CreateRole", make("CreateRoleRequest")(role={"display_name": "Driver"}), bearer)
assert created.role.name.startswith("roles/rol_"), created
again = call("GetRole", make("GetRoleRequest")(name=created.role.name), bearer)
assert again.role == created.role

try:
    call("CreateRole", make("CreateRoleRequest")(role={}), bearer)
    raise AssertionError("an empty role was taken")
except grpc.RpcError as error:
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT, error
    details = rpc_status.from_call(error).details
    info, request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert any(detail.Is(info.DESCRIPTOR) and detail.Unpack(info) for detail in details), details
    assert any(detail.Is(request.DESCRIPTOR) and detail.Unpack(request) for detail in details), details
    assert info.reason == "INVALID_FIELDS", info
    assert request.field_violations[0].field == "role.display_name", request

try:
    call("ListRoles", make("ListRolesRequest")(), [])
    raise AssertionError("no key was taken")
except grpc.RpcError as error:
    assert error.code() == grpc.StatusCode.UNAUTHENTICATED, error
