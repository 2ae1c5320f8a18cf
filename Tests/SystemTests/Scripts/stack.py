"""The stack of `deploy/aws`: synthesised, linted, looked at, and made in a stand-in for AWS: `python stack.py`.

Whatever is not as it should be ends it with an assertion; else the last line is "everything held".
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings

for name, value in {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "eu-central-1"}.items():
    os.environ[name] = value

import boto3  # noqa: E402
from moto import mock_aws  # noqa: E402

AWS = pathlib.Path(__file__).resolve().parents[3] / "deploy/aws"
PARAMETERS = {"AlarmMail": "night@till.example"}
BACKUP = "arn:aws:s3:::till-backup"


class Template:
    def __init__(self, text: str) -> None:
        self.whole = json.loads(text)
        self.resources: dict[str, dict] = self.whole["Resources"]

    def of(self, kind: str) -> dict[str, dict]:
        return {name: one.get("Properties", {}) for name, one in self.resources.items() if one["Type"] == kind}

    def one(self, kind: str) -> dict:
        found = self.of(kind)
        assert len(found) == 1, f"{len(found)} of {kind}"
        return next(iter(found.values()))

    def statements(self) -> list[dict]:
        policies = [*self.of("AWS::IAM::Policy").values(), *[{"PolicyDocument": p["PolicyDocument"]} for p in self.of("AWS::S3::BucketPolicy").values()]]
        return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def listed(value) -> list:
    return value if isinstance(value, list) else [value]


def check_machines(template: Template) -> None:
    groups = template.of("AWS::AutoScaling::AutoScalingGroup")
    assert set(groups) == {"GroupA", "GroupB"}, groups
    # Two machines that do not replicate are two stores: the second is a pair's.
    for name, condition in (("GroupA", "HasMachines"), ("GroupB", "IsPair")):
        assert all(groups[name][key] == {"Fn::If": [condition, "1", "0"]} for key in ("MinSize", "MaxSize")), groups[name]
        policy = template.resources[name]["UpdatePolicy"]["AutoScalingRollingUpdate"]
        assert policy["WaitOnResourceSignals"] is True and policy["MinInstancesInService"] == 0, policy
    assert template.resources["GroupB"]["DependsOn"] == ["GroupA"], "both machines would be replaced at once"
    machines = template.whole["Parameters"]["Machines"]
    assert machines["AllowedValues"] == ["none", "one", "pair"] and "Default" not in machines, machines
    assert template.whole["Conditions"]["IsPair"] == {"Fn::Equals": [{"Ref": "Machines"}, "pair"]}
    zones = {json.dumps(subnet["AvailabilityZone"]) for subnet in template.of("AWS::EC2::Subnet").values()}
    assert len(zones) == 2, zones
    subnets = [json.dumps(group["VPCZoneIdentifier"]) for group in groups.values()]
    assert len(set(subnets)) == 2 and all(len(group["VPCZoneIdentifier"]) == 1 for group in groups.values()), subnets
    for launch in template.of("AWS::EC2::LaunchTemplate").values():
        data = launch["LaunchTemplateData"]
        assert data["InstanceType"] == "m7g.large" and data["MetadataOptions"] == {"HttpPutResponseHopLimit": 1, "HttpTokens": "required"}, data
        assert data["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True and "KeyName" not in data
    disks = template.of("AWS::EC2::Volume")
    assert len(disks) == 2 and all(disk["VolumeType"] == "gp3" and disk["Encrypted"] is True for disk in disks.values()), disks
    assert {json.dumps(disk["AvailabilityZone"]) for disk in disks.values()} == zones, "a disk that no machine can reach"
    for name in disks:
        assert template.resources[name]["DeletionPolicy"] == "Snapshot", "a store's disk goes with the stack"
    # Only who says so goes without.
    (shots,) = (name for name, resource in template.resources.items() if resource["Type"] == "AWS::DLM::LifecyclePolicy")
    assert template.resources[shots]["Condition"] == "HasSnapshots" and template.whole["Parameters"]["DiskSnapshots"]["Default"] == "yes", "disks have no snapshots"


def check_network(template: Template) -> None:
    endpoint = template.one("AWS::EC2::VPCEndpoint")
    assert endpoint["VpcEndpointType"] == "Gateway" and ".s3" in json.dumps(endpoint["ServiceName"]), endpoint
    assert not template.of("AWS::EC2::NatGateway")
    # From the load balancer to the API, and between the machines to both of their doors; nobody else.
    machines = next(name for name in template.of("AWS::EC2::SecurityGroup") if name.startswith("MachineGroup"))
    ingress = template.of("AWS::EC2::SecurityGroupIngress").values()
    assert all(rule["GroupId"]["Fn::GetAtt"][0] == machines and rule["FromPort"] == rule["ToPort"] for rule in ingress), ingress
    own = sorted(rule["FromPort"] for rule in ingress if rule["SourceSecurityGroupId"]["Fn::GetAtt"][0] == machines)
    others = [rule["FromPort"] for rule in ingress if rule["SourceSecurityGroupId"]["Fn::GetAtt"][0] != machines]
    assert own == [7001, 8080] and others == [8080], ingress
    zone = template.one("AWS::Route53::HostedZone")
    assert zone["Name"] == "till.internal" and len(zone["VPCs"]) == 1, "names of machines are nobody else's"
    for group in template.of("AWS::EC2::SecurityGroup").values():
        for rule in group.get("SecurityGroupIngress", []):
            assert rule["FromPort"] == 443 and rule["CidrIp"] == {"Ref": "ClientRange"}, rule
    target = template.one("AWS::ElasticLoadBalancingV2::TargetGroup")
    assert target["HealthCheckPath"] == "/readyz" and target["Matcher"] == {"HttpCode": "200"}, target
    listener = template.one("AWS::ElasticLoadBalancingV2::Listener")
    assert listener["Protocol"] == "HTTPS" and "TLS13" in listener["SslPolicy"], listener


def check_storage(template: Template) -> None:
    for name, bucket in template.of("AWS::S3::Bucket").items():
        assert template.resources[name]["DeletionPolicy"] == "Retain"
        assert all(bucket["PublicAccessBlockConfiguration"].values()) and len(bucket["PublicAccessBlockConfiguration"]) == 4, bucket
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        assert any("AbortIncompleteMultipartUpload" in rule for rule in bucket["LifecycleConfiguration"]["Rules"]), bucket
        for rule in bucket["LifecycleConfiguration"]["Rules"]:
            assert "ExpirationInDays" not in rule, f"{rule} ends objects that are there"
            # What is not for single parts of the log holds for slots: somebody may have to put one back.
            if "pair/slots/".startswith(rule.get("Prefix", "")):
                assert rule.get("NoncurrentVersionExpiration", {"NoncurrentDays": 30})["NoncurrentDays"] >= 30, rule
        # What a log replaces is more than the store, soon; and of both logs cold files are there once more.
        rules = {rule["Prefix"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"] if "Prefix" in rule}
        assert all(rules[prefix]["NoncurrentVersionExpiration"]["NoncurrentDays"] <= 7 for prefix in ("log/head", "log/log/", "log/base/", "pair/archive/")), rules
        assert all(rules[prefix]["Transitions"][0]["StorageClass"] == "GLACIER_IR" for prefix in ("warehouse/", "log/base/warehouse/", "pair/archive/base/warehouse/")), rules
    denials = [statement for statement in template.statements() if statement["Effect"] == "Deny"]
    assert denials and all(statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}} for statement in denials), denials


def check_rights(template: Template) -> None:
    """No right to everything, and only what looks has no resource."""
    for statement in template.statements():
        if statement["Effect"] == "Deny":
            continue
        assert "NotAction" not in statement and "NotResource" not in statement, statement
        for action in listed(statement["Action"]):
            assert "*" not in action, f"{action} is more than is needed"
            if "*" in listed(statement["Resource"]):
                narrowed = action == "cloudwatch:PutMetricData" and statement.get("Condition") == {"StringEquals": {"cloudwatch:namespace": "Till"}}
                assert narrowed or action.split(":")[1].startswith("Describe"), f"{action} on everything"
    for role in template.of("AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role and "Policies" not in role, role


def check_pair(template: Template) -> None:
    """Each machine of a pair reads its own secret and sets its own name, and one that is alone has no right to either."""
    for letter, node in (("A", "a"), ("B", "b")):
        rights = template.resources[next(name for name in template.of("AWS::IAM::Policy") if name.startswith(f"PairRights{letter}"))]
        assert rights["Condition"] == "IsPair" and len(rights["Properties"]["Roles"]) == 1 and f"Machine{letter}" in json.dumps(rights["Properties"]["Roles"]), rights
        statements = {listed(one["Action"])[0]: one for one in rights["Properties"]["PolicyDocument"]["Statement"]}
        assert set(statements) == {"ssm:GetParameter", "route53:ChangeResourceRecordSets", "cloudwatch:PutMetricData"}, statements
        read = [one["Fn::Join"][1][-1] for one in listed(statements["ssm:GetParameter"]["Resource"])]
        assert read == ["/ca", f"/{node}"], read
        asked = statements["route53:ChangeResourceRecordSets"]["Condition"]["ForAllValues:StringEquals"]
        assert asked == {f"route53:ChangeResourceRecordSets{key}": [value] for key, value in (("NormalizedRecordNames", f"{node}.till.internal"), ("RecordTypes", "A"), ("Actions", "UPSERT"))}, asked
    # By the names that boot.sh asks for, which are the stack's own.
    secrets = [one["Fn::Join"][1] for statement in template.statements() if "ssm:GetParameter" in listed(statement["Action"]) for one in listed(statement["Resource"])]
    assert all(parts[-3:-1] == [":parameter/till/", {"Ref": "AWS::StackName"}] for parts in secrets), secrets
    assert sorted(parts[-1] for parts in secrets) == ["/a", "/admin-key", "/admin-key", "/b", "/ca", "/ca"], secrets


def check_log(template: Template) -> None:
    """Where the log goes, with the rights to it: below the same folders here and in a bucket of another region."""
    folders = ("log", "pair")
    for letter in "AB":
        rights = template.resources[next(name for name in template.of("AWS::IAM::Policy") if name.startswith(f"LogRights{letter}"))]
        assert rights["Condition"] == "IsLogElsewhere" and f"Machine{letter}" in json.dumps(rights["Properties"]["Roles"]), rights
        objects, bucket = rights["Properties"]["PolicyDocument"]["Statement"]
        place = ["arn:", {"Ref": "AWS::Partition"}, ":s3:::", {"Ref": "LogBucket"}]
        assert sorted(objects["Action"]) == ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"], objects
        assert [one["Fn::Join"][1] for one in objects["Resource"]] == [[*place, f"/{folder}/*"] for folder in folders], objects
        # A slot that is not there must be missing, and not forbidden.
        assert bucket["Action"] == "s3:ListBucket" and bucket["Resource"]["Fn::Join"][1] == place, bucket
        here = template.resources[next(name for name in template.of("AWS::IAM::Policy") if name.startswith(f"Rights{letter}"))]["Properties"]["PolicyDocument"]["Statement"][0]
        assert {f"/{folder}/*" for folder in folders} <= {one["Fn::Join"][1][-1] for one in here["Resource"]}, here
        given = template.resources[next(name for name in template.of("AWS::EC2::LaunchTemplate") if name.startswith(f"Template{letter}"))]["Properties"]["LaunchTemplateData"]["UserData"]["Fn::Base64"]["Fn::Sub"][1]
        own, = (name for name in template.of("AWS::S3::Bucket"))
        assert given["LogBucket"] == {"Fn::If": ["IsLogElsewhere", {"Ref": "LogBucket"}, {"Ref": own}]}, given
        assert given["LogRegion"] == {"Fn::If": ["IsLogElsewhere", {"Ref": "LogRegion"}, {"Ref": "AWS::Region"}]}, given
        assert given["LogFolder"] == {"Fn::If": ["IsPair", "pair", "log"]}, "a pair begins with a place that has nothing in it"
        # The other machine joins, whatever is said: it founds nothing.
        assert given["Found"] == ({"Ref": "Found"} if letter == "A" else "no"), given
    assert template.whole["Parameters"]["Found"]["Default"] == "no" and template.whole["Parameters"]["LogBucket"]["Default"] == "", template.whole["Parameters"]
    assert set(template.whole["Rules"]) == {"LogElsewhere", "FoundOfPair"}, template.whole["Rules"]
    both = json.dumps(template.whole["Rules"]["LogElsewhere"])
    assert both.count('{"Ref": "LogBucket"}') == both.count('{"Ref": "LogRegion"}') == 2, both
    of_pair = template.whole["Rules"]["FoundOfPair"]
    assert of_pair["RuleCondition"] == {"Fn::Equals": [{"Ref": "Found"}, "yes"]} and of_pair["Assertions"][0]["Assert"] == {"Fn::Equals": [{"Ref": "Machines"}, "pair"]}, of_pair


def check_lending(template: Template) -> None:
    """Where the word is said: a role that the machines alone take, and that reads cold files alone, whatever is asked of it."""
    parameter = template.whole["Parameters"]["LentKeys"]
    assert (parameter["Default"], parameter["AllowedValues"]) == ("no", ["no", "yes"]) and template.whole["Conditions"]["LendsKeys"] == {"Fn::Equals": [{"Ref": "LentKeys"}, "yes"]}, parameter
    name, = (name for name in template.of("AWS::IAM::Role") if name.startswith("Readers"))
    machines = {name[7]: name for name in template.of("AWS::IAM::Role") if name.startswith("Machine")}
    assert template.resources[name]["Condition"] == "LendsKeys" and set(machines) == {"A", "B"}, machines
    trusted = [(one["Action"], one["Principal"]) for one in template.resources[name]["Properties"]["AssumeRolePolicyDocument"]["Statement"]]
    assert trusted == [("sts:AssumeRole", {"AWS": {"Fn::GetAtt": [machine, "Arn"]}}) for machine in machines.values()], trusted
    bucket, = (name for name in template.of("AWS::S3::Bucket"))
    policies = {key: template.resources[key] for key, one in template.of("AWS::IAM::Policy").items() if {"Ref": name} in one["Roles"]}
    assert len(policies) == 1 and all(one["Condition"] == "LendsKeys" for one in policies.values()), policies
    objects, listing = next(iter(policies.values()))["Properties"]["PolicyDocument"]["Statement"]
    assert objects == {"Action": "s3:GetObject", "Effect": "Allow", "Resource": {"Fn::Join": ["", [{"Fn::GetAtt": [bucket, "Arn"]}, "/warehouse/*"]]}}, objects
    assert listing == {"Action": "s3:ListBucket", "Effect": "Allow", "Resource": {"Fn::GetAtt": [bucket, "Arn"]}, "Condition": {"StringLike": {"s3:prefix": ["warehouse/*"]}}}, listing
    for letter, machine in machines.items():
        rights = template.resources[next(name for name in template.of("AWS::IAM::Policy") if name.startswith(f"LendingRights{letter}"))]
        assert rights["Condition"] == "LendsKeys" and rights["Properties"]["Roles"] == [{"Ref": machine}], rights
        assert rights["Properties"]["PolicyDocument"]["Statement"] == [{"Action": "sts:AssumeRole", "Effect": "Allow", "Resource": {"Fn::GetAtt": [name, "Arn"]}}], rights
        given = template.resources[next(name for name in template.of("AWS::EC2::LaunchTemplate") if name.startswith(f"Template{letter}"))]["Properties"]["LaunchTemplateData"]["UserData"]["Fn::Base64"]["Fn::Sub"][1]
        assert given["LentRole"] == {"Fn::If": ["LendsKeys", {"Fn::GetAtt": [name, "Arn"]}, ""]}, given


def check_alarms(template: Template) -> None:
    alarms = template.of("AWS::CloudWatch::Alarm")
    topic = [name for name in template.of("AWS::SNS::Topic")]
    metrics = {alarm["MetricName"] for alarm in alarms.values()}
    assert metrics >= {"HealthyHostCount", "HTTPCode_Target_5XX_Count", "TargetResponseTime", "StatusCheckFailed", "CPUUtilization", "OperationsFailedReplication", "ReplicationLatency", "InSync", "ArchiveLag", "CertificateDays"}, metrics
    for alarm in alarms.values():
        assert alarm["AlarmActions"] == [{"Ref": topic[0]}] and alarm["AlarmDescription"], alarm
    ready = next(alarm for alarm in alarms.values() if alarm["MetricName"] == "HealthyHostCount")
    assert ready["TreatMissingData"] == "breaching", "no word of a machine is no alarm"
    conditions = {alarm["MetricName"]: template.resources[name].get("Condition") for name, alarm in alarms.items()}
    assert [conditions[name] for name in ("InSync", "ArchiveLag", "CertificateDays", "ReplicationLatency", "HealthyHostCount")] == ["IsPair", "IsPair", "IsPair", "HasBackup", "HasMachines"], conditions
    for alarm in alarms.values():
        if alarm["Namespace"] == "AWS/S3":
            assert {one["Name"] for one in alarm["Dimensions"]} == {"SourceBucket", "DestinationBucket", "RuleId"}, "there is no such metric"
    sync = next(alarm for alarm in alarms.values() if alarm["MetricName"] == "InSync")
    assert (sync["Statistic"], sync["Threshold"], sync["TreatMissingData"]) == ("Minimum", 2, "breaching"), sync
    # One of the two does not lead, and has nothing that lags.
    late = next(alarm for alarm in alarms.values() if alarm["MetricName"] == "ArchiveLag")
    assert (late["Statistic"], late["ComparisonOperator"], late["Threshold"]) == ("Maximum", "GreaterThanThreshold", 30), late


def check_boot(template: Template) -> None:
    """That each machine is told its own part; what it does with it is `boot.py`'s."""
    for name, launch in template.of("AWS::EC2::LaunchTemplate").items():
        script, given = launch["LaunchTemplateData"]["UserData"]["Fn::Base64"]["Fn::Sub"]
        assert len(script) < 16_384, "more than a machine is given"
        node = name.removeprefix("Template")[0].lower()
        assert (given["Node"], given["Peer"], given["Letter"]) == (node, "ba"["ab".index(node)], node.upper()), given
        assert given["Package"] == {"Ref": f"Package{node.upper()}"} and given["Machines"] == {"Ref": "Machines"}, given
        # Only a disk that never held anything is formatted.
        assert 'blkid -p "$disk" || kind=$?\n[ "$kind" != 2 ] || mkfs' in script
        # One that was enlarged is used to its end, and the smallest has room for the cache and as much again as half of it.
        assert '\nmount /var/lib/till\n' in script and '\nresize2fs "$disk"' in script, "a disk that is enlarged stays small"
        cache, = re.findall(r'"bytes": "(\d+)GiB"', script)
        assert template.whole["Parameters"]["DiskGiB"]["MinValue"] >= int(cache) * 1.5, "the cache does not fit"


def lint(folder: pathlib.Path) -> None:
    program = pathlib.Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([program, "--non-zero-exit-code", "warning", *sorted(folder.glob("*.json"))], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


# The stand-in passes over policies of buckets and over egress, and says so.
warnings.filterwarnings("ignore", "Tried to parse")


@mock_aws
def make(main: str, backup: str, more: dict[str, str]) -> None:
    """Both stacks, in two regions."""
    certificate = boto3.client("acm").request_certificate(DomainName="till.example")["CertificateArn"]
    values = PARAMETERS | more | {"CertificateArn": certificate}
    other = boto3.client("cloudformation", region_name="eu-west-1")
    other.create_stack(StackName="backup", TemplateBody=backup)
    told = {output["OutputKey"]: output["OutputValue"] for output in other.describe_stacks(StackName="backup")["Stacks"][0]["Outputs"]}
    assert {told["LogBucketName"], told["BucketArn"].split(":")[-1]} == {bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]} and told["LogBucketRegion"] == "eu-west-1", told
    if "LogBucket" in more:
        more = more | {"LogBucket": told["LogBucketName"], "LogRegion": told["LogBucketRegion"]}
    formation = boto3.client("cloudformation")
    image = boto3.client("ec2").describe_images()["Images"][0]["ImageId"]
    text = main.replace('"Default": "/aws/service/debian/release/12/latest/arm64"', f'"Default": "{image}"').replace('"AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>"', '"String"')
    formation.create_stack(StackName="till", TemplateBody=text, Capabilities=["CAPABILITY_IAM"], Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()])
    stack = formation.describe_stacks(StackName="till")["Stacks"][0]
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack
    groups = boto3.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    wanted = {"none": [0, 0], "one": [0, 1], "pair": [1, 1]}[values["Machines"]]
    assert sorted(group["MinSize"] for group in groups) == sorted(group["MaxSize"] for group in groups) == wanted, groups
    assert len({group["VPCZoneIdentifier"] for group in groups}) == 2
    resources = formation.list_stack_resources(StackName="till")["StackResourceSummaries"]
    disks = [resource["PhysicalResourceId"] for resource in resources if resource["ResourceType"] == "AWS::EC2::Volume"]
    volumes = boto3.client("ec2").describe_volumes(VolumeIds=disks)["Volumes"]
    assert [volume["Size"] for volume in volumes] == [200, 200], volumes
    balancers = boto3.client("elbv2").describe_load_balancers()["LoadBalancers"]
    assert [balancer["Scheme"] for balancer in balancers] == ["internet-facing"], balancers
    name = next(output["OutputValue"] for output in stack["Outputs"] if output["OutputKey"] == "BucketName")
    assert name in [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]
    lent = [resource for resource in resources if resource["LogicalResourceId"].startswith("Readers") and resource["ResourceType"] == "AWS::IAM::Role"]
    assert len(lent) == (values.get("LentKeys") == "yes"), lent
    kinds = {resource["ResourceType"] for resource in resources}
    assert kinds >= {"AWS::EC2::VPCEndpoint", "AWS::EC2::LaunchTemplate", "AWS::IAM::Policy", "AWS::SNS::Topic", "AWS::ElasticLoadBalancingV2::Listener"}, kinds


def checks(main: Template, backup: Template) -> None:
    check_machines(main)
    check_network(main)
    for template in (main, backup):
        check_storage(template)
    check_rights(main)
    check_pair(main)
    check_log(main)
    check_lending(main)
    check_alarms(main)
    check_boot(main)


def broken(text: str) -> None:
    """Each assertion sees what it is for: a template with one fault is refused."""
    faults = [
        ('"m7g.large"', '"m7g.metal"'), ('"HttpTokens": "required"', '"HttpTokens": "optional"'), ('"IsPair",\n      "1",', '"IsPair",\n      "2",'), ('"Encrypted": true', '"Encrypted": false'),
        ('"DeletionPolicy": "Snapshot"', '"DeletionPolicy": "Delete"'), ('"Gateway"', '"Interface"'), ('"/readyz"', '"/healthz"'), ('"BlockPublicAcls": true', '"BlockPublicAcls": false'),
        ('"Status": "Enabled"', '"Status": "Suspended"'), ('"s3:PutObject"', '"s3:*"'), ('"ec2:AttachVolume"', '"ec2:Attach*"'), ('"breaching"', '"missing"'), ('"DeletionPolicy": "Retain"', '"DeletionPolicy": "Delete"'),
        ('"FromPort": 443', '"FromPort": 22'), ('"aws:SecureTransport": "false"', '"aws:SecureTransport": "true"'), ('|| mkfs', '; mkfs'), ('\\nresize2fs ', '\\necho '), ('"MinValue": 80', '"MinValue": 20'), ('"WaitOnResourceSignals": true', '"WaitOnResourceSignals": false'),
        ('"pair"\n   ],', '"pair"\n   ],\n   "Default": "one",'), ('"FromPort": 7001', '"FromPort": 22'), ('b.till.internal', 'a.till.internal'), ('/a"', '/b"'), ('"Namespace": "Till"', '"Namespace": "AWS/S3"'), ('"cloudwatch:namespace": "Till"', '"cloudwatch:namespace": "AWS/EC2"'),
        ('"Prefix": "log/head"', '"Prefix": "pair/slots/"'), ('"Prefix": "pair/archive/"', '"Prefix": "pair/"'), ('"Prefix": "pair/archive/base/warehouse/"', '"Prefix": "pair/archive/"'), ('"IsLogElsewhere",\n           {', '"IsPair",\n           {'),
        ('"Condition": "IsLogElsewhere"', '"Condition": "IsPair"'), ('"Found": "no"', '"Found": "yes"'), ('"Default": "no"', '"Default": "yes"'), ('"Condition": "HasSnapshots"', '"Condition": "IsPair"'), ('"Default": "yes"', '"Default": "no"'), ('"LogElsewhere": {', '"Elsewhere": {'), ('/pair/*"', '/*"'), ('"pair",\n           "log"', '"log",\n           "log"'), ('"Minimum"', '"Maximum"'), ('"MetricName": "ArchiveLag"', '"MetricName": "InSync"'), ('"Node": "b"', '"Node": "a"'), ('"Condition": "LendsKeys"', '"Condition": "IsPair"'), ('"LendsKeys",', '"IsPair",'), ('"warehouse/*"', '"*"'), ('"/warehouse/*"\n         ]\n        ]\n       }\n      },\n      {\n       "Action": "s3:ListBucket"', '"/*"\n         ]\n        ]\n       }\n      },\n      {\n       "Action": "s3:ListBucket"'), ('"DestinationBucket"', '"BucketName"'),
    ]
    for sound, fault in faults:
        assert sound in text, sound
        # A fault in the backup's template is the same assertion's.
        try:
            changed = Template(text.replace(sound, fault))
            checks(changed, changed)
        except (AssertionError, KeyError, StopIteration, IndexError):
            continue
        raise AssertionError(f"nobody minds {fault}")


def main() -> None:
    committed = {name: (AWS / name).read_text() for name in ("template.json", "template-backup.json")}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([AWS / "synth", "--out", folder], capture_output=True, text=True, env=os.environ | {"TILL_PYTHON": sys.executable})
        assert done.returncode == 0, done.stdout + done.stderr
        for name, text in committed.items():
            assert (pathlib.Path(folder) / name).read_text() == text, f"deploy/aws/{name} is not what the app makes: run deploy/aws/synth"
        lint(pathlib.Path(folder))
    template, backup = (Template(text) for text in committed.values())
    checks(template, backup)
    broken(committed["template.json"])
    # Without a copy elsewhere, and with one.
    make(*committed.values(), {"Machines": "none"})
    make(*committed.values(), {"Machines": "one", "DiskSnapshots": "no", "LentKeys": "yes"})
    make(*committed.values(), {"BackupBucketArn": BACKUP, "Machines": "pair"})
    make(*committed.values(), {"LogBucket": "", "Machines": "pair", "Found": "yes"})
    print("everything held")


if __name__ == "__main__":
    main()
