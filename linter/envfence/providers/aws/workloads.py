"""Workloads, the roles they act as, and where the code lies that they run.

Comes in: resources with an attribute that names a role or an instance profile. Goes out: runs-as references, and
points-at references to objects in buckets and repositories of images. Must not know: what the role may do, who may
write the code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envfence.model import Evidence, Reference
from envfence.providers.aws.contract import Builder, ResourceView, identifier, place, text, walk
from envfence.providers.aws.policyjson import Bare, Data, PolicyError, loads
from envfence.values import Value

_ROLE, _PROFILE = "aws_iam_role", "aws_iam_instance_profile"
_EXECUTION = ("execution_role_arn",)

#: Attribute paths that name the role a workload acts as; a path that ends in `instance_profile` names a profile.
_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "aws_apprunner_service": ("instance_configuration[].instance_role_arn",),
    "aws_appsync_datasource": ("service_role_arn",),
    "aws_backup_selection": ("iam_role_arn",),
    "aws_bedrockagent_agent": ("agent_resource_role_arn",),
    "aws_bedrockagent_knowledge_base": ("role_arn",),
    "aws_cloudformation_stack": ("iam_role_arn",),
    "aws_cloudformation_stack_set": ("administration_role_arn",),
    "aws_cloudwatch_event_target": ("role_arn",),
    "aws_codebuild_project": ("service_role",),
    "aws_codedeploy_deployment_group": ("service_role_arn",),
    "aws_codepipeline": ("role_arn", "stage[].action[].role_arn"),
    "aws_datasync_location_s3": ("s3_config[].bucket_access_role_arn",),
    "aws_dlm_lifecycle_policy": _EXECUTION,
    "aws_dms_s3_endpoint": ("service_access_role_arn",),
    "aws_ecs_task_definition": ("task_role_arn", "execution_role_arn"),
    "aws_eks_cluster": ("role_arn",),
    "aws_eks_fargate_profile": ("pod_execution_role_arn",),
    "aws_eks_node_group": ("node_role_arn",),
    "aws_eks_pod_identity_association": ("role_arn",),
    "aws_eks_addon": ("service_account_role_arn", "pod_identity_association[].role_arn"),
    "aws_emr_cluster": ("service_role", "ec2_attributes[].instance_profile", "autoscaling_role"),
    "aws_glue_crawler": ("role",),
    "aws_glue_dev_endpoint": ("role_arn",),
    "aws_glue_job": ("role_arn",),
    "aws_imagebuilder_infrastructure_configuration": ("instance_profile_name",),
    "aws_instance": ("iam_instance_profile",),
    "aws_kinesis_firehose_delivery_stream": ("extended_s3_configuration[].role_arn",),
    "aws_kinesisanalyticsv2_application": ("service_execution_role",),
    "aws_lambda_function": ("role",),
    "aws_launch_configuration": ("iam_instance_profile",),
    "aws_launch_template": ("iam_instance_profile[].arn", "iam_instance_profile[].name"),
    "aws_mwaa_environment": _EXECUTION,
    "aws_pipes_pipe": ("role_arn",),
    "aws_sagemaker_domain": ("default_user_settings[].execution_role",),
    "aws_sagemaker_model": _EXECUTION,
    "aws_sagemaker_notebook_instance": ("role_arn",),
    "aws_scheduler_schedule": ("target[].role_arn",),
    "aws_sfn_state_machine": ("role_arn",),
    "aws_spot_fleet_request": ("iam_fleet_role",),
    "aws_spot_instance_request": ("iam_instance_profile",),
    "aws_ssm_maintenance_window_task": ("service_role_arn",),
    "aws_synthetics_canary": _EXECUTION,
    "aws_transfer_user": ("role",),
}
_BATCH = "aws_batch_job_definition"
#: What a reference says that leads from a workload to its code.
RUNS_CODE = "runs the code in"
#: Attributes with bucket and key of the code, and the one that pins its version.
_OBJECTS = {
    "aws_lambda_function": ("s3_bucket", "s3_key", "s3_object_version"),
    "aws_elastic_beanstalk_application_version": ("bucket", "key", ""),
}
#: Attributes that name an image, or an object as `s3://…`.
_LOCATIONS = {
    "aws_lambda_function": ("image_uri",),
    "aws_apprunner_service": ("source_configuration[].image_repository[].image_identifier",),
    "aws_glue_job": ("command[].script_location",),
}
_TASK = "aws_ecs_task_definition"
_IMAGE = re.compile(r"(?P<account>[^./]+)\.dkr\.ecr\.(?P<region>[^./]+)\.amazonaws\.com/(?P<name>[^:@]+)(?::[^@]*)?")
_MOST_IMAGES = 50

TYPES = tuple(sorted({*_ATTRIBUTES, *_OBJECTS, *_LOCATIONS, _BATCH}))


def extract(resource: ResourceView, builder: Builder) -> None:
    """The roles that one workload acts as."""
    if resource.mode != "managed":
        return
    for path, sought in _code(resource):
        evidence = (Evidence(span=place(resource, path), says=RUNS_CODE, address=resource.address),)
        builder.add_reference(
            Reference(kind="points-at", node=resource.address, sought=sought, evidence=evidence, says=RUNS_CODE)
        )
    if resource.type == _BATCH:
        _batch(resource, builder)
        return
    for path in _ATTRIBUTES.get(resource.type, ()):
        form = _PROFILE if "instance_profile" in path else _ROLE
        for where, value in walk(resource.values, path):
            _runs_as(resource, builder, where, value, form)


def _code(resource: ResourceView) -> Iterator[tuple[str, str]]:
    """(attribute, ARN) of every object and repository of images whose content the workload runs, unless it pins the
    very version."""
    values = resource.values.items
    if resource.type in _OBJECTS:
        bucket, key, pin = _OBJECTS[resource.type]
        found = text(values.get(bucket)), text(values.get(key))
        if found[0] and found[1] and not values.get(pin):
            yield bucket, f"arn:aws:s3:::{found[0]}/{found[1]}"
    for path in _LOCATIONS.get(resource.type, ()):
        for where, value in walk(resource.values, path):
            arn = _code_arn(text(value) or "")
            if arn:
                yield where, arn
    if resource.type == _TASK:
        images = sorted({arn for image in _images(values.get("container_definitions")) if (arn := _code_arn(image))})
        yield from (("container_definitions", arn) for arn in images[:_MOST_IMAGES])


def _code_arn(location: str) -> str:
    """The ARN of the object or repository that a location names; empty for an image that its digest pins."""
    if location.startswith("s3://") and "/" in location.removeprefix("s3://"):
        return f"arn:aws:s3:::{location.removeprefix('s3://')}"
    image = _IMAGE.fullmatch(location)
    if image is None:
        return ""
    return f"arn:aws:ecr:{image['region']}:{image['account']}:repository/{image['name']}"


def _images(value: Value) -> Iterator[str]:
    """The images that container definitions name."""
    try:
        data = loads(value) if isinstance(value, str) else None
    except PolicyError:
        return
    for container in data if isinstance(data, list) else []:
        image = container.get("image") if isinstance(container, dict) else None
        if isinstance(image, str):
            yield image


def _batch(resource: ResourceView, builder: Builder) -> None:
    value = resource.values.items.get("container_properties")
    try:
        data = loads(value) if isinstance(value, str) else None
    except PolicyError:
        return
    for key in ("jobRoleArn", "executionRoleArn"):
        role: Data = data.get(key) if isinstance(data, dict) else None
        found = role.char if isinstance(role, Bare) else role if isinstance(role, str) else None
        _runs_as(resource, builder, "container_properties", found, _ROLE)


def _runs_as(resource: ResourceView, builder: Builder, path: str, value: Value, form: str) -> None:
    name = text(value)
    if name is None:
        return
    says = "runs as"
    evidence = (Evidence(span=place(resource, path), says=says, address=resource.address),)
    builder.add_reference(
        Reference(kind="runs-as", node=resource.address, sought=identifier(form, name), evidence=evidence, says=says)
    )
