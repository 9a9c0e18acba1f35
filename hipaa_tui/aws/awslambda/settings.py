"""Lambda functions: who may call them, by which URL, and how they are watched.

A function's environment is a place for secrets: nothing of it is ever taken out of an answer here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from hipaa_tui.aws.declared import Declared, PolicyText, Read, Write, text
from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json

_GONE: Final = ("ResourceNotFoundException",)
_CONDITIONS: Final = {
    "aws:sourcearn": "SourceArn",
    "aws:sourceaccount": "SourceAccount",
    "aws:principalorgid": "PrincipalOrgID",
    "lambda:eventsourcetoken": "EventSourceToken",
    "lambda:functionurlauthtype": "FunctionUrlAuthType",
}
"""A statement's condition → the argument of AddPermission that makes it (Lambda API Reference, AddPermission)."""
_CONFINING: Final = frozenset(
    {"aws:sourcearn", "aws:sourceaccount", "aws:principalorgid", "lambda:eventsourcetoken"}
)


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("lambda", name) for name in names)


class Functions(Named):
    name = "AWS::Lambda::Function"
    title = "Lambda function"
    service = "lambda"
    kind = "function:"
    pattern = re.compile(r"[A-Za-z0-9_-]{1,64}")
    listing = Read("lambda", "ListFunctions", "Functions")
    field = "FunctionName"
    tagging = Read("lambda", "ListTags", "Tags", {"Resource": "{id}"})


_FUNCTION: Final = {"FunctionName": "{name}"}
_IDENTITY: Final = {**_FUNCTION, "Arn": "{id}"}
_CONFIGURATION: Final = Read("lambda", "GetFunctionConfiguration", "", _FUNCTION, gone=_GONE)


class FunctionPolicy(PolicyText):
    """The function's own policy, as text; ABSENT where it has none.

    Lambda takes single statements only, so the way to a policy is made of them. One that AddPermission cannot
    make again stops the write before anything is sent.
    """

    id = "aws.lambda.policy"
    title = "Who may call the function"
    resource = Functions.name
    reading = Read("lambda", "GetPolicy", "Policy", _FUNCTION, absent=_GONE)
    identity = _IDENTITY
    writes = _operations("AddPermission", "RemovePermission")
    removes = _operations("RemovePermission")
    terraform = ("aws_lambda_permission",)

    def value(self, found: Any) -> Json:
        return str(found) if documents.statements(str(found)) else ABSENT

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        have, want = documents.statements(before.value), documents.statements(after)
        wanted = [documents.meaning(one) for one in want]
        kept = [one for one in have if documents.meaning(one) in wanted]
        added = [
            one for one in want if documents.meaning(one) not in [documents.meaning(other) for other in have]
        ]
        return [
            *(_removed(target, one) for one in have if one not in kept),
            *(_call(target, "AddPermission", **_arguments(one)) for one in added),
        ]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [_removed(target, one) for one in documents.statements(before.value)]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        """What stands there after each of the calls."""
        have, want = documents.statements(before), documents.statements(after)
        wanted = [documents.meaning(one) for one in want]
        now, passed = list(have), []
        for one in have:
            if documents.meaning(one) not in wanted:
                now = [other for other in now if other is not one]
                passed.append(_text(now))
        for one in want:
            if documents.meaning(one) not in [documents.meaning(other) for other in have]:
                now = [*now, one]
                passed.append(_text(now))
        return passed[:-1]

    def canonical(self, value: Json) -> Json:
        # The Id and the version of the text are the service's own.
        return {"Statement": documents.canonical(value)["Statement"]}


class UrlAuth(Declared):
    """{"AuthType": AWS_IAM or NONE} of the function's URL; ABSENT where it has none."""

    id = "aws.lambda.url-auth"
    title = "Who may use the function's URL"
    resource = Functions.name
    reading = Read("lambda", "GetFunctionUrlConfig", "", _FUNCTION, absent=_GONE)
    fields = {"AuthType": text("AuthType")}
    identity = _IDENTITY
    writing = Write("lambda", "UpdateFunctionUrlConfig", arguments=_FUNCTION, sends=("AuthType",))
    terraform = ("aws_lambda_function_url",)

    def identity_of(self, target: Target, found: Any) -> dict[str, Json]:
        identity = super().identity_of(target, found)
        return {**identity, "Cors": bool(found.get("Cors"))} if found else identity

    def sent(self, before: Reading, after: Json) -> Json:
        if before.absent:
            raise ValueError("the function has no URL")
        return after


class Tracing(Declared):
    """{"Mode": Active or PassThrough}"""

    id = "aws.lambda.tracing"
    title = "Tracing by X-Ray"
    resource = Functions.name
    reading = _CONFIGURATION
    fields = {"Mode": text("TracingConfig.Mode", "PassThrough")}
    identity = _IDENTITY
    writing = Write("lambda", "UpdateFunctionConfiguration", "TracingConfig", _FUNCTION, sends=("Mode",))
    terraform = ("aws_lambda_function",)
    settle_seconds = 120.0


class Surroundings(Setting):
    """{"InVpc": bool, "DeadLetters": bool, "OwnKey": bool, "HasVariables": bool}. Only for looking.

    `DeadLetters` is a queue or topic for events that failed, by either way of saying it.
    """

    id = "aws.lambda.surroundings"
    title = "Network, failed events and key"
    resource = Functions.name
    reads = _operations("GetFunctionConfiguration", "GetFunctionEventInvokeConfig")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = configuration(cloud, target)
        if about is None:
            return Reading(ABSENT)
        dead = bool((about.get("DeadLetterConfig") or {}).get("TargetArn"))
        if not dead:
            try:
                asked = cloud.call(_call(target, "GetFunctionEventInvokeConfig"))
            except CloudError as error:
                absent_on(_GONE, error)
                asked = {}
            dead = bool(((asked.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination"))
        value = {
            "InVpc": bool((about.get("VpcConfig") or {}).get("VpcId")),
            "DeadLetters": dead,
            "OwnKey": bool(about.get("KMSKeyArn")),
            "HasVariables": bool((about.get("Environment") or {}).get("Variables")),
        }
        return Reading(value, {"FunctionName": target.name, "Arn": target.id})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("what the function reaches afterwards is a person's to say")


def configuration(cloud: Cloud, target: Target) -> Mapping[str, Any] | None:
    """The function's configuration, None where there is none. Its environment must go no further. Raises CloudError."""
    found: Mapping[str, Any] | None = _CONFIGURATION.ask(cloud, target)
    return found


def without_public_callers(current: Json, _arguments: Json) -> Json:
    """The policy less each statement that lets everybody call; ABSENT where nothing is left."""
    left = [one for one in documents.statements(current) if not lets_everybody(one)]
    if current is ABSENT or len(left) == len(documents.statements(current)):
        return current
    return _text(left) if left else ABSENT


def lets_everybody(statement: Mapping[str, Any]) -> bool:
    """Does the statement let anybody in the world call, with no word on whence?

    A source's ARN or account, an organization or a token of the event's source confines it, as AWS says of
    Security Hub's Lambda.1.
    """
    if statement.get("Effect") != "Allow" or not any(_everybody(statement.get("Principal"))):
        return False
    return not any(key in _CONFINING for key, _ in _tests(statement))


def _everybody(principal: Any) -> Iterator[bool]:
    values = principal.values() if isinstance(principal, Mapping) else [principal]
    for value in values:
        for one in value if isinstance(value, list) else [value]:
            yield one == "*"


def _tests(statement: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for tests in (statement.get("Condition") or {}).values():
        for key, value in tests.items() if isinstance(tests, Mapping) else ():
            yield key.lower(), value


def _arguments(statement: Mapping[str, Any]) -> dict[str, Json]:
    """What AddPermission has to be told to make the statement. ValueError where it cannot."""
    principal = statement.get("Principal")
    if isinstance(principal, Mapping) and len(principal) == 1:
        (principal,) = principal.values()
    action = statement.get("Action")
    if not isinstance(principal, str) or not isinstance(action, str) or statement.get("Effect") != "Allow":
        raise ValueError(f"the statement {statement.get('Sid')} is one that AddPermission cannot make")
    if principal.endswith(":root") and principal.startswith("arn:"):
        principal = principal.split(":")[4]
    found: dict[str, Json] = {"StatementId": statement.get("Sid"), "Action": action, "Principal": principal}
    for key, value in _tests(statement):
        if key not in _CONDITIONS or isinstance(value, list):
            raise ValueError(
                f"the condition {key} of the statement {statement.get('Sid')} cannot be made again"
            )
        found[_CONDITIONS[key]] = value
    return found


def _removed(target: Target, statement: Mapping[str, Any]) -> Call:
    # Who can put it back has to be sure before it is gone.
    _arguments(statement)
    return _call(target, "RemovePermission", StatementId=statement["Sid"])


def _text(statements: list[Any]) -> Json:
    return json.dumps({"Version": documents.VERSION, "Statement": statements}) if statements else ABSENT


def _call(target: Target, operation: str, **arguments: Json) -> Call:
    return Call("aws", "lambda", operation, {"FunctionName": target.name, **arguments}, target.region)


RESOURCE_TYPES = (Functions(),)
SETTINGS = (FunctionPolicy(), UrlAuth(), Tracing(), Surroundings())
BUILDERS = {"without_public_callers": without_public_callers}
