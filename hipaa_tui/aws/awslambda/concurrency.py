"""How many of a Lambda function's calls may run at once: kept free for it, and no more than that."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.awslambda.settings import Functions
from hipaa_tui.aws.declared import Declared, Read, Remove, Write
from hipaa_tui.support.json_value import ABSENT, Json

_FUNCTION = {"FunctionName": "{name}"}


class ReservedConcurrency(Declared):
    """{"ReservedConcurrentExecutions": number}; ABSENT where the function shares the account's with all others."""

    id = "aws.lambda.reserved-concurrency"
    title = "Calls at once"
    resource = Functions.name
    reading = Read("lambda", "GetFunctionConcurrency", arguments=_FUNCTION)
    identity = {"FunctionName": "{name}", "Arn": "{id}"}
    writing = Write(
        "lambda", "PutFunctionConcurrency", arguments=_FUNCTION, sends=("ReservedConcurrentExecutions",)
    )
    removing = Remove("lambda", "DeleteFunctionConcurrency", arguments=_FUNCTION)
    terraform = ("aws_lambda_function",)

    def value(self, found: Any) -> Json:
        reserved = found.get("ReservedConcurrentExecutions")
        # 0 is a limit as well: nobody may call it.
        return ABSENT if reserved is None else {"ReservedConcurrentExecutions": int(reserved)}


SETTINGS = (ReservedConcurrency(),)
