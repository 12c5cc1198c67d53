"""Workloads and the roles they act as.

Comes in: resources with an attribute that names a role or an instance profile. Goes out: runs-as references.
Must not know: what the role may do.
"""

from __future__ import annotations

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

TYPES = (*(kind for kind, paths in _ATTRIBUTES.items() if paths), _BATCH)


def extract(resource: ResourceView, builder: Builder) -> None:
    """The roles that one workload acts as."""
    if resource.mode != "managed":
        return
    if resource.type == _BATCH:
        _batch(resource, builder)
        return
    for path in _ATTRIBUTES[resource.type]:
        form = _PROFILE if "instance_profile" in path else _ROLE
        for where, value in walk(resource.values, path):
            _runs_as(resource, builder, where, value, form)


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
