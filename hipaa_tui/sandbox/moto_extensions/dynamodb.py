"""dynamodb:UpdateTable with SSESpecification: moto keeps the key of a table from its creation and changes it never."""

from __future__ import annotations

from typing import Any

from moto.dynamodb.responses import DynamoHandler


def install() -> None:
    """Teach moto's UpdateTable the key."""
    others = DynamoHandler.update_table

    def update_table(response: Any) -> Any:
        asked = response.body.get("SSESpecification")
        if asked is not None:
            backend = response.dynamodb_backend
            table = backend.get_table(response.body["TableName"])
            if asked.get("Enabled"):
                # AWS's own key where none is named; AWS answers with the key's ARN, whatever named it.
                own = table._get_default_encryption_key
                key = asked.get("KMSMasterKeyId") or own(response.current_account, response.region)
                table.sse_specification = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
            else:
                table.sse_specification = None
        return others(response)

    setattr(DynamoHandler, "update_table", update_table)  # noqa: B010 - a method of a typed class
