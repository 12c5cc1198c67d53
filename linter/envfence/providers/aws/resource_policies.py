"""Resources that carry a policy of their own, or have one attached: who may come in from outside.

Comes in: resources with a `policy` in JSON. Goes out: resource grants.
Must not know: what the actions do, other deployments.
"""

from __future__ import annotations

from envfence.providers.aws.contract import Builder, ResourceView, identifier, text
from envfence.providers.aws.grants import Target, add_policy

#: Resources whose own attribute is their policy.
_OWN = {
    "aws_s3_bucket": ("policy",),
    "aws_s3_access_point": ("policy",),
    "aws_kms_key": ("policy",),
    "aws_kms_external_key": ("policy",),
    "aws_kms_replica_key": ("policy",),
    "aws_kms_replica_external_key": ("policy",),
    "aws_sqs_queue": ("policy",),
    "aws_sns_topic": ("policy",),
    "aws_secretsmanager_secret": ("policy",),
    "aws_elasticsearch_domain": ("access_policies",),
    "aws_opensearch_domain": ("access_policies",),
    "aws_vpc_endpoint": ("policy",),
    "aws_efs_file_system": ("policy",),
    "aws_glacier_vault": ("access_policy",),
    "aws_api_gateway_rest_api": ("policy",),
    "aws_media_store_container": ("policy",),
}

#: Resources that attach a policy to another: the attribute with the policy, the one that names the other, its type.
_ATTACHED = {
    "aws_s3_bucket_policy": ("policy", "bucket", "aws_s3_bucket"),
    "aws_s3control_access_point_policy": ("policy", "access_point_arn", "aws_s3_access_point"),
    "aws_s3control_bucket_policy": ("policy", "bucket", "aws_s3control_bucket"),
    "aws_s3control_multi_region_access_point_policy": ("policy", "details", "aws_s3control_multi_region_access_point"),
    "aws_s3tables_table_bucket_policy": ("resource_policy", "table_bucket_arn", "aws_s3tables_table_bucket"),
    "aws_s3tables_table_policy": ("resource_policy", "table_bucket_arn", "aws_s3tables_table"),
    "aws_kms_key_policy": ("policy", "key_id", "aws_kms_key"),
    "aws_sqs_queue_policy": ("policy", "queue_url", "aws_sqs_queue"),
    "aws_sns_topic_policy": ("policy", "arn", "aws_sns_topic"),
    "aws_secretsmanager_secret_policy": ("policy", "secret_arn", "aws_secretsmanager_secret"),
    "aws_ecr_repository_policy": ("policy", "repository", "aws_ecr_repository"),
    "aws_ecrpublic_repository_policy": ("policy", "repository_name", "aws_ecrpublic_repository"),
    "aws_dynamodb_resource_policy": ("policy", "resource_arn", "aws_dynamodb_table"),
    "aws_kinesis_resource_policy": ("policy", "resource_arn", "aws_kinesis_stream"),
    "aws_efs_file_system_policy": ("policy", "file_system_id", "aws_efs_file_system"),
    "aws_backup_vault_policy": ("policy", "backup_vault_name", "aws_backup_vault"),
    "aws_opensearch_domain_policy": ("access_policies", "domain_name", "aws_opensearch_domain"),
    "aws_elasticsearch_domain_policy": ("access_policies", "domain_name", "aws_elasticsearch_domain"),
    "aws_cloudwatch_event_bus_policy": ("policy", "event_bus_name", "aws_cloudwatch_event_bus"),
    "aws_cloudwatch_log_destination_policy": ("access_policy", "destination_name", "aws_cloudwatch_log_destination"),
    "aws_api_gateway_rest_api_policy": ("policy", "rest_api_id", "aws_api_gateway_rest_api"),
    "aws_msk_cluster_policy": ("policy", "cluster_arn", "aws_msk_cluster"),
    "aws_redshift_resource_policy": ("policy", "resource_arn", "aws_redshift_cluster"),
    "aws_redshiftserverless_resource_policy": ("policy", "resource_arn", "aws_redshiftserverless_snapshot"),
    "aws_codeartifact_domain_permissions_policy": ("policy_document", "domain", "aws_codeartifact_domain"),
    "aws_codeartifact_repository_permissions_policy": ("policy_document", "repository", "aws_codeartifact_repository"),
    "aws_codebuild_resource_policy": ("policy", "resource_arn", "aws_codebuild_report_group"),
    "aws_acmpca_policy": ("policy", "resource_arn", "aws_acmpca_certificate_authority"),
    "aws_vpc_endpoint_policy": ("policy", "vpc_endpoint_id", "aws_vpc_endpoint"),
    "aws_ses_identity_policy": ("policy", "identity", "aws_ses_domain_identity"),
    "aws_sesv2_email_identity_policy": ("policy", "email_identity", "aws_sesv2_email_identity"),
    "aws_vpclattice_auth_policy": ("policy", "resource_identifier", "aws_vpclattice_service"),
    "aws_vpclattice_resource_policy": ("policy", "resource_arn", "aws_vpclattice_service"),
    "aws_networkfirewall_resource_policy": ("policy", "resource_arn", "aws_networkfirewall_rule_group"),
    "aws_glacier_vault_lock": ("policy", "vault_name", "aws_glacier_vault"),
    "aws_media_store_container_policy": ("policy", "container_name", "aws_media_store_container"),
    "aws_oam_sink_policy": ("policy", "sink_identifier", "aws_oam_sink"),
    "aws_sagemaker_model_package_group_policy": (
        "resource_policy",
        "model_package_group_name",
        "aws_sagemaker_model_package_group",
    ),
}

#: Policies of a whole account: they name their resources in the statements.
_ACCOUNT = {
    "aws_ecr_registry_policy": "policy",
    "aws_glue_resource_policy": "policy",
    "aws_cloudwatch_log_resource_policy": "policy_document",
    "aws_xray_resource_policy": "policy_document",
    "aws_ssoadmin_permission_set_inline_policy": "inline_policy",
    "aws_organizations_resource_policy": "content",
}

#: Endpoint policies limit a way in; they admit nobody.
_ENDPOINTS = ("aws_vpc_endpoint", "aws_vpc_endpoint_policy")

TYPES = (
    *_OWN,
    *_ATTACHED,
    *_ACCOUNT,
)


def extract(resource: ResourceView, builder: Builder) -> None:
    """The resource grants of one resource."""
    kind = resource.type
    if resource.mode != "managed":
        return
    if kind in _ENDPOINTS:
        _endpoint(resource, builder)
    elif kind in _OWN:
        for name in _OWN[kind]:
            target = Target(policy="resource", holder=resource.address, says=_says(kind))
            add_policy(builder, resource, name, resource.values.items.get(name), target)
    elif kind in _ATTACHED:
        name, other, form = _ATTACHED[kind]
        sought = identifier(form, text(resource.values.items.get(other)) or "")
        target = Target(policy="resource", attached_to=sought, says=_says(form))
        add_policy(builder, resource, name, resource.values.items.get(name), target)
    else:
        name = _ACCOUNT[kind]
        policy = "managed" if kind.startswith("aws_ssoadmin") else "resource"
        target = Target(policy=policy, holder=resource.address, says="account-wide policy")
        add_policy(builder, resource, name, resource.values.items.get(name), target)


def _endpoint(resource: ResourceView, builder: Builder) -> None:
    target = Target(policy="endpoint", holder=resource.address, says="endpoint policy")
    add_policy(builder, resource, "policy", resource.values.items.get("policy"), target)


def _says(kind: str) -> str:
    return {"aws_s3_bucket": "bucket policy", "aws_kms_key": "key policy"}.get(kind, "resource policy")
