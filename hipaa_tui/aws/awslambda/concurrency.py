"""How many of a Lambda function's calls may run at once: kept free for it, and no more than that."""

from __future__ import annotations

from hipaa_tui.aws.awslambda.settings import Functions
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json


class ReservedConcurrency(Setting):
    """{"ReservedConcurrentExecutions": number}; ABSENT where the function shares the account's with all others."""

    id = "aws.lambda.reserved-concurrency"
    title = "Calls at once"
    resource = Functions.name
    reads = (Operation("lambda", "GetFunctionConcurrency"),)
    writes = (Operation("lambda", "PutFunctionConcurrency"),)
    removes = (Operation("lambda", "DeleteFunctionConcurrency"),)
    terraform = ("aws_lambda_function",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        found = cloud.call(_call(target, "GetFunctionConcurrency")).get("ReservedConcurrentExecutions")
        # 0 is a limit as well: nobody may call it.
        value = ABSENT if found is None else {"ReservedConcurrentExecutions": int(found)}
        return Reading(value, {"FunctionName": target.name, "Arn": target.id})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        wanted = {"ReservedConcurrentExecutions": after["ReservedConcurrentExecutions"]}
        return [_call(target, "PutFunctionConcurrency", **wanted)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [_call(target, "DeleteFunctionConcurrency")]


def _call(target: Target, operation: str, **arguments: Json) -> Call:
    return Call("aws", "lambda", operation, {"FunctionName": target.name, **arguments}, target.region)


SETTINGS = (ReservedConcurrency(),)
