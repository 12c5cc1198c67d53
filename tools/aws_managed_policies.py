"""Makes `access/data/aws_managed_policies.zip` from the wheel of `moto` (Apache-2.0), which exports them from AWS.

    pip download --no-deps moto && python tools/aws_managed_policies.py moto-*.whl

Policies that only AWS itself can attach (service-linked roles) are left out. Two members: the ones that nearly every
organisation attaches, and the rest; each maps a name to [path, version of the language, statements].
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "linter" / "envfence" / "access" / "data" / "aws_managed_policies.zip"
_COMMON = re.compile(
    r"AdministratorAccess|PowerUserAccess|SecurityAudit|IAMFullAccess|AWSLambda\w*ExecutionRole|AWSLambdaExecute|"
    r"AmazonECSTaskExecutionRolePolicy|AmazonEKS\w+|AmazonSSM\w+Core|CloudWatchAgentServerPolicy|"
    r"AmazonEC2ContainerRegistry\w+|AWSBackupServiceRolePolicy\w+|AmazonEBSCSIDriverPolicy\w*|"
    r"(?:Amazon|AWS)(?:S3|EC2|RDS|RDSData|DynamoDB|SQS|SNS|SSM|Route53|VPC|ElastiCache|ECS|Kinesis|Redshift)(?:_?FullAccess|"
    r"ReadOnlyAccess)|SecretsManagerReadWrite|CloudWatch(?:Logs)?FullAccess(?:V2)?|AWSKeyManagementServicePowerUser"
)


def main() -> None:
    """Reads the wheel named on the command line and writes the archive."""
    wheel = Path(sys.argv[1])
    with zipfile.ZipFile(wheel) as archive:
        source = archive.read("moto/iam/aws_managed_policies.py").decode()
    text = source.partition('"""')[2].rpartition('"""')[0]
    policies = {name: compact(policy) for name, policy in sorted(json.loads(text).items()) if kept(policy)}
    common = {name: policy for name, policy in policies.items() if _COMMON.fullmatch(name)}
    rest = {name: policy for name, policy in policies.items() if name not in common}
    meta = {"source": wheel.name, "licence": "Apache-2.0", "policies": len(policies)}
    with zipfile.ZipFile(TARGET, "w") as archive:
        for member, content in (("_meta.json", meta), ("common.json", common), ("rest.json", rest)):
            info = zipfile.ZipInfo(member, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_LZMA
            archive.writestr(info, json.dumps(content, separators=(",", ":")))
    print(f"{TARGET.name}: {TARGET.stat().st_size} bytes, {len(common)} common of {len(policies)}")


def kept(policy: dict[str, Any]) -> bool:
    """Whether anybody but AWS can attach it."""
    return not policy["Path"].startswith("/aws-service-role/")


def compact(policy: dict[str, Any]) -> list[Any]:
    """Path, version, statements without their Sid."""
    document = policy["Document"]
    statements = document["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    bare = [{key: value for key, value in item.items() if key != "Sid"} for item in listed]
    return [policy["Path"], document.get("Version", "2008-10-17"), bare]


if __name__ == "__main__":
    main()
