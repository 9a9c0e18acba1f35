"""Every declared call of every setting and resource type fits botocore's service models, without a cloud.

The operation exists, its arguments exist and the required ones are given, the answer has what is read of it, and an
error code that means "absent" is one that the operation has. The models do not list every code: see UNLISTED.
"""

from dataclasses import replace
from functools import cache

import botocore.session
import pytest
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError
from botocore.validate import ParamValidator

from hipaa_tui.aws.declared import Declared, Either, Read, Remove, Write, filled, number, text
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Reading, Target
from hipaa_tui.providers.registry import resource_types, settings
from hipaa_tui.support.json_value import ABSENT, at

DECLARED = 100
"""Settings of which nothing but single steps is code. It may grow; a setting that goes back to code needs a reason."""
UNLISTED = {
    "DBClusterNotFound": "the shape's name without Fault, as some RDS endpoints answer",
    "ReplicationGroupNotFound": "the shape's name without Fault",
    "ResourceNotFoundException": "DescribeContinuousBackups answers it for a table that is being deleted",
    "InvalidParameterValue": "DescribeConfigurationSettings answers it where there is no such environment",
}
"""Error codes that services send and botocore's models do not list for the operation."""
TARGET = Target(
    "aws", "type", "123456789012", "us-east-1", "arn:aws:x:us-east-1:123456789012:api/stage", "api/stage"
)
AWS = {id: setting for id, setting in settings().items() if setting.provider == "aws"}
SETTINGS = {id: setting for id, setting in AWS.items() if isinstance(setting, Declared)}
TYPES = {name: kind for name, kind in resource_types().items() if isinstance(kind, Named)}


@cache
def operation_of(service, operation):
    return botocore.session.get_session().get_service_model(service).operation_model(operation)


def walk(shape, path):
    """(the shape at the path, "") or (None, what is wrong)."""
    for step in path.split(".") if path else []:
        if shape.type_name == "list" and step.isdigit():
            shape = shape.member
        elif shape.type_name == "map":
            shape = shape.value
        elif shape.type_name == "structure" and step in shape.members:
            shape = shape.members[step]
        else:
            return None, f"{step!r} of {path!r} is no member of {shape.name}"
    return shape, ""


def model_of(call):
    try:
        return operation_of(call.service, call.operation), []
    except (OperationNotFoundError, UnknownServiceError):
        return None, [f"{call.service} has no operation {call.operation}"]


def wrong_arguments(operation, arguments):
    if operation.input_shape is None:
        return [f"{operation.name} takes no arguments"] if arguments else []
    report = ParamValidator().validate(filled(arguments, TARGET), operation.input_shape)
    return [report.generate_report()] if report.has_errors() else []


def wrong_read(read, fields=()):
    """What of a read does not fit the model; `fields` are looked up in what it finds."""
    operation, wrong = model_of(read)
    if operation is None:
        return wrong
    wrong += wrong_arguments(operation, read.arguments)
    found, missing = walk(operation.output_shape, read.at)
    if missing:
        return [*wrong, missing]
    if read.pages and (found.type_name != "list" or "." in read.at):
        wrong.append(f"{read.at} is no list that {read.operation} answers with")
    wrong += [problem for field in fields for _, problem in [walk(found, field.path)] if problem]
    errors = operation.error_shapes
    listed = {shape.name for shape in errors} | {
        shape.metadata.get("error", {}).get("code") for shape in errors
    }
    codes = {*read.gone, *read.absent, *read.otherwise} - set(UNLISTED)
    if errors and codes - listed:
        wrong.append(f"{read.operation} has no error {', '.join(sorted(codes - listed))}")
    return wrong


def wrong_write(write):
    """What of a write does not fit the model, whatever the value."""
    operation, wrong = model_of(write)
    if operation is None:
        return wrong
    shape = operation.input_shape
    given = set(write.arguments)
    wrong += [
        f"{operation.name} takes no {name}" for name in given if shape is None or name not in shape.members
    ]
    if write.sends is None:
        return wrong or wrong_arguments(operation, write.arguments)
    place, missing = walk(shape, write.to)
    if missing:
        return [*wrong, missing]
    if isinstance(write.sends, tuple):
        wrong += [f"{place.name} has no member {name}" for name in write.sends if name not in place.members]
        given |= set() if write.to else set(write.sends)
    given |= {write.to.split(".")[0]} if write.to else set()
    whole = not write.to and isinstance(write.sends, str)
    lacking = set() if whole else set(shape.required_members) - given
    return [*wrong, *(f"{operation.name} requires {name}" for name in sorted(lacking))]


def writes_of(declared):
    return (
        [declared.then, declared.otherwise]
        if isinstance(declared, Either)
        else [declared]
        if declared
        else []
    )


def fields_of(setting):
    return [*setting.fields.values(), *setting.identity_fields.values()]


@pytest.mark.parametrize("id", [id for id, setting in SETTINGS.items() if hasattr(setting, "reading")])
def test_what_a_setting_reads_is_in_the_model(id):
    setting = SETTINGS[id]
    assert wrong_read(setting.reading, fields_of(setting)) == []


@pytest.mark.parametrize("id", [id for id, one in SETTINGS.items() if one.writing or one.removing])
def test_what_a_setting_writes_is_in_the_model(id):
    setting = SETTINGS[id]
    for write in (*writes_of(setting.writing), *writes_of(setting.removing)):
        assert wrong_write(write) == []


@pytest.mark.parametrize("name", TYPES)
def test_how_a_resource_type_is_listed_is_in_the_model(name):
    kind = TYPES[name]
    assert wrong_read(replace(kind.listing, pages=True)) == []
    items, _ = walk(operation_of(kind.listing.service, kind.listing.operation).output_shape, kind.listing.at)
    assert kind.field in items.member.members if kind.field else items.member.type_name == "string"
    if kind.tagging:
        assert wrong_read(kind.tagging) == []


def sample(shape, above=()):
    """An answer that has everything; a structure inside itself is empty."""
    match shape.type_name:
        case "structure":
            inside = (*above, shape.name)
            members = {} if shape.name in above else shape.members
            return {name: sample(member, inside) for name, member in members.items()}
        case "list":
            return [sample(shape.member, above)]
        case "map":
            return {sample(shape.key): sample(shape.value, above)}
        case "boolean":
            return True
        case "integer" | "long":
            return 30
        case "float" | "double":
            return 1.0
        case "timestamp":
            return "2026-11-01T00:00:00+00:00"
    return next(iter(getattr(shape, "enum", [])), "") or "x" * shape.metadata.get("min", 1)


@pytest.mark.parametrize(
    "id",
    [
        id
        for id, one in SETTINGS.items()
        if one.writing and hasattr(one, "reading") and type(one).write is Declared.write
    ],
)
def test_a_value_that_was_read_can_be_written(id):
    setting = SETTINGS[id]
    operation = operation_of(setting.reading.service, setting.reading.operation)
    found = at(sample(operation.output_shape), setting.reading.at)
    value = setting.value(found)
    if value is ABSENT:
        pytest.skip("the sample has none")
    before = Reading(value, setting.identity_of(TARGET, found))
    for write in writes_of(setting.writing):
        try:
            sent = setting.sent(before, value)
        except ValueError:  # what is there is not written again
            sent = setting.sent(Reading(ABSENT), value)
        call = write.call(TARGET, sent)
        assert wrong_arguments(operation_of(call.service, call.operation), call.arguments) == []


def test_the_number_of_declared_settings_does_not_shrink():
    read = [id for id, one in SETTINGS.items() if type(one).read is Declared.read]
    whole = [
        id
        for id in read
        if type(SETTINGS[id]).write is Declared.write and type(SETTINGS[id]).remove is Declared.remove
    ]
    print(f"{len(whole)} of {len(AWS)} AWS settings are declared whole, {len(SETTINGS) - len(whole)} in part")
    assert len(whole) >= DECLARED


BUCKET = {"Bucket": "{name}"}
READ = Read("s3", "GetBucketVersioning", arguments=BUCKET)
WRITE = Write("s3", "PutBucketVersioning", "VersioningConfiguration", BUCKET)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (wrong_read(replace(READ, service="s33")), "no operation"),
        (wrong_read(replace(READ, operation="GetBucketVersion")), "no operation"),
        (wrong_read(replace(READ, arguments={})), "Missing required parameter"),
        (wrong_read(replace(READ, arguments={**BUCKET, "Bukket": "x"})), "Unknown parameter"),
        (wrong_read(replace(READ, arguments={"Bucket": 1})), "Invalid type"),
        (wrong_read(replace(READ, at="State")), "no member"),
        (wrong_read(READ, [text("State")]), "no member"),
        (wrong_read(Read("dynamodb", "ListTables", "TableNames.0", pages=True)), "no list"),
        (
            wrong_read(Read("dynamodb", "DescribeTable", "Table", {"TableName": "abc"}, gone=("NotFound",))),
            "no error",
        ),
        (wrong_read(Read("dax", "DescribeClusters", "Clusters.0"), [number("Nodes.0.Age")]), "no member"),
        (wrong_write(replace(WRITE, operation="PutVersioning")), "no operation"),
        (wrong_write(replace(WRITE, arguments={"Bukket": "x"})), "takes no Bukket"),
        (wrong_write(replace(WRITE, arguments={})), "requires Bucket"),
        (wrong_write(replace(WRITE, to="Versioning")), "no member"),
        (wrong_write(replace(WRITE, to="VersioningConfiguration.State")), "no member"),
        (wrong_write(replace(WRITE, sends=("State",))), "no member State"),
        (
            wrong_write(replace(WRITE, to="", sends=("Bucket",), arguments={})),
            "requires VersioningConfiguration",
        ),
        (wrong_write(Remove("s3", "DeleteBucketPolicy")), "Missing required parameter"),
    ],
)
def test_a_planted_mistake_is_found(wrong, said):
    assert any(said in problem for problem in wrong), wrong


def test_what_is_right_is_not_called_wrong():
    assert wrong_read(READ, [text("Status")]) == []
    assert wrong_write(WRITE) == []
