"""AWS Backup: selections of plans, changed plans, access policies of vaults, and the lists that nothing fills here.

moto takes no backups, so a vault has no recovery points and no restore was ever tested. An access policy is kept
and not enforced, but for the one refusal that the service makes on itself: where it refuses everybody
PutBackupVaultAccessPolicy, none is put over it.
"""

from __future__ import annotations

import json
from typing import Any

from moto.backup import urls
from moto.backup.exceptions import InvalidParameterValueException, ResourceNotFoundException
from moto.backup.responses import BackupResponse
from moto.core.exceptions import JsonRESTError
from moto.core.utils import unix_time
from moto.moto_api._internal import mock_random

from hipaa_tui.aws.policies.documents import statements
from hipaa_tui.aws.policies.principals import EVERYBODY, allows, principals

_PATHS = (
    "{0}/backup-vaults/(?P<name>[^/]+)/access-policy$",
    "{0}/backup-vaults/(?P<name>[^/]+)/recovery-points/$",
    "{0}/restore-testing/plans$",
    "{0}/account-settings$",
)


_OPTED_IN = dict.fromkeys(("Aurora", "DynamoDB", "EBS", "EC2", "EFS", "FSx", "RDS", "S3"), True)


class _Denied(JsonRESTError):
    code = 403


def _held(response: Any, name: str) -> dict[str, Any]:
    """What these additions keep in the backend of the request's account and region."""
    found: dict[str, Any] = response.backup_backend.__dict__.setdefault(f"more_{name}", {})
    return found


def _part(response: Any, after: str) -> str:
    """The part of the path that follows `after`."""
    return str(response.path).partition(f"/{after}/")[2].partition("/")[0]


def update_backup_plan(response: Any) -> str:
    plan = response.backup_backend.get_backup_plan(_part(response, "plans"), None)
    fresh = type(plan)(
        json.loads(response.body)["BackupPlan"], plan.creator_request_id, response.backup_backend
    )
    plan.backup_plan, plan.version_id = fresh.backup_plan, fresh.version_id
    plan.advanced_backup_settings = fresh.advanced_backup_settings
    return json.dumps(plan.to_dict())


def create_backup_selection(response: Any) -> str:
    plan = response.backup_backend.get_backup_plan(_part(response, "plans"), None)
    given = json.loads(response.body)
    selection = given["BackupSelection"]
    if not selection.get("IamRoleArn"):
        raise InvalidParameterValueException("Invalid IAM Role ARN")
    if not any(selection.get(key) for key in ("ListOfTags", "Resources", "Conditions")):
        raise InvalidParameterValueException("Please specify at least one tag or resource.")
    id = str(mock_random.uuid4())
    about = {"BackupPlanId": plan.backup_plan_id, "SelectionId": id, "CreationDate": unix_time()}
    _held(response, "selections")[id] = {**about, "BackupSelection": selection}
    return json.dumps(about)


def _selection(response: Any) -> dict[str, Any]:
    found = _held(response, "selections").get(_part(response, "selections"))
    if found is None:
        raise ResourceNotFoundException("Failed reading Backup selection with provided id")
    return dict(found)


def get_backup_selection(response: Any) -> str:
    return json.dumps(_selection(response))


def list_backup_selections(response: Any) -> str:
    plan = response.backup_backend.get_backup_plan(_part(response, "plans"), None)
    found = [
        {
            **{key: one[key] for key in ("BackupPlanId", "SelectionId", "CreationDate")},
            **{key: one["BackupSelection"][key] for key in ("SelectionName", "IamRoleArn")},
        }
        for one in _held(response, "selections").values()
        if one["BackupPlanId"] == plan.backup_plan_id
    ]
    return json.dumps({"BackupSelectionsList": found})


def delete_backup_selection(response: Any) -> str:
    del _held(response, "selections")[_selection(response)["SelectionId"]]
    return "{}"


def _vault(response: Any) -> str:
    return str(
        response.backup_backend.describe_backup_vault(_part(response, "backup-vaults")).backup_vault_name
    )


def put_backup_vault_access_policy(response: Any) -> str:
    vault, kept = _vault(response), _held(response, "policies")
    for one in statements(kept.get(vault)):
        refused = one.get("Effect") == "Deny" and EVERYBODY in principals(one)
        if refused and allows(one, "backup:PutBackupVaultAccessPolicy"):
            raise _Denied("AccessDeniedException", "Access denied by the vault's access policy")
    kept[vault] = json.loads(response.body)["Policy"]
    return "{}"


def get_backup_vault_access_policy(response: Any) -> str:
    vault = response.backup_backend.describe_backup_vault(_vault(response))
    text = _held(response, "policies").get(vault.backup_vault_name)
    if text is None:
        raise ResourceNotFoundException(f"Access policy of {vault.backup_vault_name} not found")
    about = {"BackupVaultName": vault.backup_vault_name, "BackupVaultArn": vault.backup_vault_arn}
    return json.dumps({**about, "Policy": text})


def delete_backup_vault_access_policy(response: Any) -> str:
    _held(response, "policies").pop(_vault(response), None)
    return "{}"


def list_recovery_points_by_backup_vault(response: Any) -> str:
    _vault(response)
    return json.dumps({"RecoveryPoints": []})


def list_restore_testing_plans(_response: Any) -> str:
    return json.dumps({"RestoreTestingPlans": []})


def describe_region_settings(response: Any) -> str:
    return json.dumps({"ResourceTypeOptInPreference": {**_OPTED_IN, **_held(response, "opted")}})


def update_region_settings(response: Any) -> str:
    _held(response, "opted").update(json.loads(response.body).get("ResourceTypeOptInPreference") or {})
    return "{}"


def install() -> None:
    """Teach moto's AWS Backup the operations."""
    for one in (
        *(update_backup_plan, create_backup_selection, get_backup_selection, list_backup_selections),
        *(delete_backup_selection, put_backup_vault_access_policy, get_backup_vault_access_policy),
        *(
            delete_backup_vault_access_policy,
            list_recovery_points_by_backup_vault,
            list_restore_testing_plans,
        ),
        *(describe_region_settings, update_region_settings),
    ):
        setattr(BackupResponse, one.__name__, one)
    for path in _PATHS:
        urls.url_paths[path] = urls.response.dispatch
