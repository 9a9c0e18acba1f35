"""What moto does otherwise than EC2's launch templates: a version is made from an earlier one, and can be deleted."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import InvalidLaunchTemplateVersionNotFound
from moto.ec2.models.launch_templates import LaunchTemplate
from moto.ec2.responses.launch_templates import LaunchTemplates

_create_version = LaunchTemplates.create_launch_template_version


def create_launch_template_version(self: Any) -> ActionResult:
    """ec2:CreateLaunchTemplateVersion: what is not said is as the source version has it."""
    source = self._get_param("SourceVersion")
    answer = _create_version(self)
    if source is None:
        return answer
    made: Any = answer.result
    template = self.ec2_backend.get_launch_template(made["LaunchTemplateVersion"]["LaunchTemplateId"])
    version = template.versions[-1]
    version.data = {**template.get_version(source).data, **version.data}
    made["LaunchTemplateVersion"]["LaunchTemplateData"] = version.data
    return ActionResult(made)


def delete_launch_template_versions(self: Any) -> ActionResult:
    """ec2:DeleteLaunchTemplateVersions: their numbers are never given again. The default cannot go."""
    template = self.ec2_backend.get_launch_template(self._get_param("LaunchTemplateId"))
    done, refused = [], []
    for number in map(int, self._get_param("Versions") or []):
        about = {
            "LaunchTemplateId": template.id,
            "LaunchTemplateName": template.name,
            "VersionNumber": number,
        }
        found = [one for one in template.versions if one.number == number]
        if not found or template.default_version_number == number:
            code = "launchTemplateVersionDoesNotExist" if not found else "unexpectedError"
            refused.append({**about, "ResponseError": {"Code": code, "Message": code}})
            continue
        template.given = max(vars(template).get("given", 0), *(one.number for one in template.versions))
        template.versions.remove(found[0])
        done.append(about)
    return ActionResult(
        {
            "SuccessfullyDeletedLaunchTemplateVersions": done,
            "UnsuccessfullyDeletedLaunchTemplateVersions": refused,
        }
    )


def create_version(self: Any, data: Any, description: str) -> Any:
    """Numbers go on behind those that were deleted."""
    version = _next_version(self, data, description)
    version.number = max(version.number, vars(self).get("given", 0) + 1)
    return version


def get_version(self: Any, num: Any) -> Any:
    """By its number, not by its place."""
    if str(num).lower() == "$latest":
        return self.versions[-1]
    wanted = self.default_version_number if str(num).lower() == "$default" else int(num)
    for one in self.versions:
        if one.number == wanted:
            return one
    raise InvalidLaunchTemplateVersionNotFound(template_id=self.id, version=num)


def default_version(self: Any) -> Any:
    """The version of that number."""
    return get_version(self, "$Default")


_next_version = LaunchTemplate.create_version


def install() -> None:
    """Teach moto."""
    for one in (create_launch_template_version, delete_launch_template_versions):
        setattr(LaunchTemplates, one.__name__, one)
    for other in (create_version, get_version, default_version):
        setattr(LaunchTemplate, other.__name__, other)
