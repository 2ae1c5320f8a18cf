"""The stack of one Till: one machine or a pair, each with a disk that outlives it, in two zones behind a load balancer, and a bucket."""
import pathlib

import aws_cdk as cdk
from aws_cdk import Tags
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_dlm as dlm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as balancing
from aws_cdk import aws_iam as iam
from aws_cdk import aws_route53 as names
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from buckets import LOGS, bucket

PORT = 8080
#: Where the machines of a pair speak to each other.
CLUSTER_PORT = 7001
#: The machines' names in their network: a.till.internal, b.till.internal.
DOMAIN = "till.internal"
#: Of /dev/xvda and the like the kernel makes its own names; this one is asked for and found again by its serial number.
DEVICE = "/dev/sdf"
BOOT = pathlib.Path(__file__).with_name("boot.sh")


class TillStack(cdk.Stack):
    def __init__(self, scope: Construct, name: str, **more) -> None:
        super().__init__(scope, name, description="Till: machines, load balancer, bucket, alarms", **more)
        self.parameters()
        self.network()
        self.storage()
        self.balancer()
        self.roles = {letter: iam.Role(self, f"Machine{letter}", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"), description="A machine of Till") for letter in "AB"}
        self.readers()
        for zone, letter in enumerate("AB"):
            self.machine(zone, letter)
        self.snapshots()
        self.alarms()
        cdk.CfnOutput(self, "Address", value=f"https://{self.load_balancer.load_balancer_dns_name}", description="Where the API is, once a name of the certificate points there")
        cdk.CfnOutput(self, "BucketName", value=self.bucket.bucket_name)

    def parameters(self) -> None:
        def text(name: str, description: str, **more) -> str:
            return cdk.CfnParameter(self, name, type="String", description=description, **more).value_as_string

        # Each machine has a key of its own, so that a new version goes in on one of them while the other is as it was.
        self.packages = {
            letter: text(f"Package{letter}", f"The key of the machine {letter}'s Debian package for arm64 within the bucket", default="releases/till_0.1.0_arm64.deb", allowed_pattern=r"releases/[\w.~+-]+\.deb")
            for letter in "AB"}
        self.certificate = text("CertificateArn", "The certificate of the load balancer (ACM, this region)", allowed_pattern="arn:.+")
        self.clients = text("ClientRange", "Who may reach the load balancer", default="0.0.0.0/0", allowed_pattern=r"[\d./]+")
        self.mail = text("AlarmMail", "Who hears of alarms", allowed_pattern=r".+@.+")
        self.backup_bucket = text("BackupBucketArn", "The bucket of TillBackupStack in another region; empty: nothing is copied there", default="", allowed_pattern="(arn:.+)?")
        self.backup_region = text("BackupRegion", "Where snapshots of disks are copied to", default="eu-west-1", allowed_pattern=r"[a-z0-9-]+")
        self.log_bucket = text("LogBucket", "The LogBucketName of TillBackupStack: the log goes there, and outlives this region; empty: to this stack's bucket", default="", allowed_pattern="([a-z0-9.-]+)?")
        self.log_region = text("LogRegion", "Where LogBucket is", default="", allowed_pattern="([a-z0-9-]+)?")
        # No default: a stack with a store in it must not be changed by a word that was left out.
        self.machines = text(
            "Machines", "none: all but the machines; one: A alone; pair: A and B keep one store. A pair's store is never one machine's again; for the other way see Found", allowed_values=["none", "one", "pair"])
        self.found = text(
            "Found", "yes: the store on A's disk that one machine had, or that was restored to it, becomes the pair's; the way back is a snapshot of before", default="no", allowed_values=["no", "yes"])
        self.shots = text(
            "DiskSnapshots", "no: no snapshots of disks are taken; the log's bucket has the store of any instant of the last day, and what a disk adds to that is a way back that is a copy and no restore", default="yes", allowed_values=["no", "yes"])
        self.lent = text(
            "LentKeys", "yes: readers of the Iceberg catalog (pyiceberg, Spark, DuckDB) are lent keys for an hour, for the files of the table that they load; no: they bring keys of their own", default="no", allowed_values=["no", "yes"])
        self.lends = cdk.CfnCondition(self, "LendsKeys", expression=cdk.Fn.condition_equals(self.lent, "yes"))
        self.has_snapshots = cdk.CfnCondition(self, "HasSnapshots", expression=cdk.Fn.condition_equals(self.shots, "yes"))
        self.is_pair = cdk.CfnCondition(self, "IsPair", expression=cdk.Fn.condition_equals(self.machines, "pair"))
        self.is_log_elsewhere = cdk.CfnCondition(self, "IsLogElsewhere", expression=cdk.Fn.condition_not(cdk.Fn.condition_equals(self.log_bucket, "")))
        self.has_machines = cdk.CfnCondition(self, "HasMachines", expression=cdk.Fn.condition_not(cdk.Fn.condition_equals(self.machines, "none")))
        self.disk = cdk.CfnParameter(self, "DiskGiB", type="Number", default=200, min_value=80, max_value=16384, description="Of each machine's disk (gp3), 50 of them the cache's")
        # A bucket whose region is not said would be asked in this one, and only the machines would say that it is not there.
        log, region = (cdk.Fn.condition_equals(name, "") for name in (self.log_bucket, self.log_region))
        cdk.CfnRule(self, "LogElsewhere", assertions=[cdk.CfnRuleAssertion(
            assert_=cdk.Fn.condition_or(cdk.Fn.condition_and(log, region), cdk.Fn.condition_and(cdk.Fn.condition_not(log), cdk.Fn.condition_not(region))),
            assert_description="LogBucket and LogRegion are given both, or neither")])
        cdk.CfnRule(self, "FoundOfPair", rule_condition=cdk.Fn.condition_equals(self.found, "yes"), assertions=[cdk.CfnRuleAssertion(
            assert_=cdk.Fn.condition_equals(self.machines, "pair"), assert_description="Found is for a pair")])

    def network(self) -> None:
        # Machines have addresses of their own, and nobody but the load balancer reaches them: two NAT gateways would cost more than the machines do.
        self.vpc = ec2.Vpc(
            self, "Network", ip_addresses=ec2.IpAddresses.cidr("10.90.0.0/24"), availability_zones=[cdk.Fn.select(zone, cdk.Fn.get_azs()) for zone in (0, 1)],
            nat_gateways=0, subnet_configuration=[ec2.SubnetConfiguration(name="Machines", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=26)])
        # What goes to the bucket stays inside, and costs nothing. A log elsewhere goes by the machines' own addresses.
        self.vpc.add_gateway_endpoint("BucketEndpoint", service=ec2.GatewayVpcEndpointAwsService.S3)
        self.balancer_group = ec2.SecurityGroup(self, "BalancerGroup", vpc=self.vpc, description="The load balancer", allow_all_outbound=False)
        self.balancer_group.add_ingress_rule(ec2.Peer.ipv4(self.clients), ec2.Port.tcp(443), "clients")
        self.machine_group = ec2.SecurityGroup(self, "MachineGroup", vpc=self.vpc, description="The machines", allow_all_outbound=False)
        self.machine_group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "bucket, registrars, webhooks, packages")
        self.machine_group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(80), "packages")
        self.balancer_group.add_egress_rule(self.machine_group, ec2.Port.tcp(PORT), "machines")
        self.machine_group.add_ingress_rule(self.balancer_group, ec2.Port.tcp(PORT), "the load balancer")
        # Records go one way and the other; requests that come to the one that does not lead are passed on.
        for port, what in ((CLUSTER_PORT, "records between machines"), (PORT, "requests that are passed on")):
            self.machine_group.add_ingress_rule(self.machine_group, ec2.Port.tcp(port), what)
            self.machine_group.add_egress_rule(self.machine_group, ec2.Port.tcp(port), what)
        # Each machine says itself where its name leads, as it starts. Kept when the stack goes, since a zone with names in it cannot be deleted.
        self.zone = names.CfnHostedZone(
            self, "Names", name=DOMAIN, vpcs=[names.CfnHostedZone.VPCProperty(vpc_id=self.vpc.vpc_id, vpc_region=cdk.Aws.REGION)],
            hosted_zone_config=names.CfnHostedZone.HostedZoneConfigProperty(comment="The machines of a pair"))
        self.zone.cfn_options.condition = self.is_pair
        self.zone.apply_removal_policy(cdk.RemovalPolicy.RETAIN)

    def storage(self) -> None:
        # Files of old days are read by few questions; a read from the colder class costs, and takes as long as from any other. What a merge has replaced, or somebody deleted, can be had back for a month.
        self.bucket = bucket(self, "Bucket", cold=90, passing=3, former=30)
        wanted = self.has_backup = cdk.CfnCondition(self, "HasBackup", expression=cdk.Fn.condition_not(cdk.Fn.condition_equals(self.backup_bucket, "")))
        copier = iam.Role(self, "Copier", assumed_by=iam.ServicePrincipal("s3.amazonaws.com"), description="Copies the bucket's objects to the backup region")
        statements = [
            iam.PolicyStatement(actions=["s3:GetReplicationConfiguration", "s3:ListBucket"], resources=[self.bucket.bucket_arn]),
            iam.PolicyStatement(actions=["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"], resources=[self.bucket.arn_for_objects("*")]),
            iam.PolicyStatement(actions=["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"], resources=[f"{self.backup_bucket}/*"]),
        ]
        policy = iam.Policy(self, "CopierPolicy", statements=statements, roles=[copier])
        for one in (copier, policy):
            one.node.default_child.cfn_options.condition = wanted
        raw: s3.CfnBucket = self.bucket.node.default_child
        replication = {
            "Role": copier.role_arn,
            "Rules": [{
                "Id": "backup", "Status": "Enabled", "Priority": 1, "Filter": {"Prefix": ""}, "DeleteMarkerReplication": {"Status": "Enabled"},
                "Destination": {
                    "Bucket": self.backup_bucket, "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
                    "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}},
                },
            }],
        }
        raw.add_property_override("ReplicationConfiguration", cdk.Fn.condition_if(wanted.logical_id, replication, cdk.Aws.NO_VALUE))

    def readers(self) -> None:
        """The role whose keys readers of the Iceberg catalog are lent: the machines alone take it, and each loan is cut to the table that it is for (`ReadPolicy`). Whatever is asked of it, it reads cold files and nothing else."""
        self.reader = iam.Role(self, "Readers", assumed_by=iam.CompositePrincipal(*[iam.ArnPrincipal(role.role_arn) for role in self.roles.values()]), description="Lent to readers of Till's cold tables")
        made = [self.reader, iam.Policy(
            self, "ReadersRights", roles=[self.reader], statements=[
                iam.PolicyStatement(actions=["s3:GetObject"], resources=[self.bucket.arn_for_objects("warehouse/*")]),
                iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self.bucket.bucket_arn], conditions={"StringLike": {"s3:prefix": ["warehouse/*"]}}),
            ])]
        for letter, role in self.roles.items():
            made.append(iam.Policy(self, f"LendingRights{letter}", roles=[role], statements=[iam.PolicyStatement(actions=["sts:AssumeRole"], resources=[self.reader.role_arn])]))
        for one in made:
            one.node.default_child.cfn_options.condition = self.lends

    def balancer(self) -> None:
        self.load_balancer = balancing.ApplicationLoadBalancer(
            self, "Balancer", vpc=self.vpc, internet_facing=True, security_group=self.balancer_group, drop_invalid_header_fields=True, deletion_protection=True,
            desync_mitigation_mode=balancing.DesyncMitigationMode.STRICTEST, idle_timeout=cdk.Duration.seconds(120))
        # Ready is who may acknowledge: of two that replicate, one.
        self.targets = balancing.ApplicationTargetGroup(
            self, "Targets", vpc=self.vpc, port=PORT, protocol=balancing.ApplicationProtocol.HTTP, target_type=balancing.TargetType.INSTANCE, deregistration_delay=cdk.Duration.seconds(15),
            health_check=balancing.HealthCheck(path="/readyz", healthy_http_codes="200", interval=cdk.Duration.seconds(5), timeout=cdk.Duration.seconds(3), healthy_threshold_count=2, unhealthy_threshold_count=2))
        # The group's rules say who may come, once.
        self.load_balancer.add_listener(
            "Encrypted", port=443, protocol=balancing.ApplicationProtocol.HTTPS, ssl_policy=balancing.SslPolicy.RECOMMENDED_TLS, open=False,
            certificates=[balancing.ListenerCertificate.from_arn(self.certificate)], default_target_groups=[self.targets])

    @staticmethod
    def either(condition: cdk.CfnCondition, one: str, other: str) -> str:
        return cdk.Token.as_string(cdk.Fn.condition_if(condition.logical_id, one, other))

    def machine(self, zone: int, letter: str) -> None:
        subnet = self.vpc.public_subnets[zone]
        disk = ec2.CfnVolume(
            self, f"Disk{letter}", availability_zone=subnet.availability_zone, encrypted=True, volume_type="gp3", size=self.disk.value_as_number, iops=3000, throughput=250)
        disk.apply_removal_policy(cdk.RemovalPolicy.SNAPSHOT)
        Tags.of(disk).add("Name", f"{cdk.Aws.STACK_NAME}-{letter}")
        Tags.of(disk).add("till:store", cdk.Aws.STACK_NAME)
        role = self.roles[letter]
        self.grant(role, disk, letter)
        boot = BOOT.read_text()
        node, peer = letter.lower(), "ba"["AB".index(letter)]
        user_data = ec2.UserData.custom(cdk.Fn.sub(boot, {
            "Bucket": self.bucket.bucket_name, "Package": self.packages[letter], "Volume": disk.ref, "Device": DEVICE, "Port": str(PORT), "Letter": letter, "Machines": self.machines,
            # Of the first that starts alone: the other one joins.
            "Found": self.found if letter == "A" else "no",
            "LogBucket": self.either(self.is_log_elsewhere, self.log_bucket, self.bucket.bucket_name), "LogRegion": self.either(self.is_log_elsewhere, self.log_region, cdk.Aws.REGION),
            "LogFolder": self.either(self.is_pair, LOGS["pair"], LOGS["one"]),
            "LentRole": self.either(self.lends, self.reader.role_arn, ""),
            "Node": node, "Peer": peer, "Domain": DOMAIN, "ClusterPort": str(CLUSTER_PORT), "Zone": self.either(self.is_pair, self.zone.ref, "none"),
        }))
        template = ec2.LaunchTemplate(
            self, f"Template{letter}", instance_type=ec2.InstanceType("m7g.large"), role=role, security_group=self.machine_group, user_data=user_data, require_imdsv2=True,
            http_put_response_hop_limit=1, associate_public_ip_address=True, detailed_monitoring=False,
            machine_image=ec2.MachineImage.from_ssm_parameter("/aws/service/debian/release/12/latest/arm64"),
            block_devices=[ec2.BlockDevice(device_name="/dev/xvda", volume=ec2.BlockDeviceVolume.ebs(12, encrypted=True, volume_type=ec2.EbsDeviceVolumeType.GP3))])
        count = self.either(self.has_machines if letter == "A" else self.is_pair, "1", "0")
        group = autoscaling.CfnAutoScalingGroup(
            self, f"Group{letter}", min_size=count, max_size=count, vpc_zone_identifier=[subnet.subnet_id],
            launch_template={"launchTemplateId": template.launch_template_id, "version": template.latest_version_number}, target_group_arns=[self.targets.target_group_arn],
            # A machine that is gone is replaced; one that answers "not ready" is not, since a start may take its time and a standby never is.
            health_check_type="EC2", health_check_grace_period=300,
            tags=[autoscaling.CfnAutoScalingGroup.TagPropertyProperty(key="Name", value=f"{cdk.Aws.STACK_NAME}-{letter}", propagate_at_launch=True)])
        # A new image of Debian comes with any update of the stack. The machine says by a signal (`boot.sh`) that it serves, or has all that the other has; only then the other is replaced.
        group.cfn_options.update_policy = cdk.CfnUpdatePolicy(auto_scaling_rolling_update=cdk.CfnAutoScalingRollingUpdate(
            max_batch_size=1, min_instances_in_service=0, wait_on_resource_signals=True, pause_time="PT1H",
            suspend_processes=["HealthCheck", "ReplaceUnhealthy", "AZRebalance", "AlarmNotification", "ScheduledActions"]))
        if letter == "B":
            group.add_resource_dependency(self.group_a)
        setattr(self, f"group_{letter.lower()}", group)

    def grant(self, role: iam.Role, disk: ec2.CfnVolume, letter: str) -> None:
        """What a machine may do: its bucket's objects, those of its log elsewhere, its disk, its secrets, and of a pair its name and three figures."""
        def arn(service: str, resource: str) -> str:
            return f"arn:{cdk.Aws.PARTITION}:{service}:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:{resource}"

        def parameters(*of: str) -> iam.PolicyStatement:
            # The default key of Parameter Store lets whoever may read a parameter decrypt it.
            return iam.PolicyStatement(actions=["ssm:GetParameter"], resources=[arn("ssm", f"parameter/till/{cdk.Aws.STACK_NAME}/{one}") for one in of])

        # Puts that hang on a condition need no right of their own. All that the machine writes is below one of these, slots of the log and the object that says who leads, too.
        objects = [self.bucket.arn_for_objects(f"{prefix}/*") for prefix in ("warehouse", *LOGS.values(), "ctl", "exports")]
        own_objects = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
        iam.Policy(
            self, f"Rights{letter}", roles=[role], statements=[
                iam.PolicyStatement(actions=own_objects, resources=objects),
                iam.PolicyStatement(actions=["s3:GetObject"], resources=[self.bucket.arn_for_objects("releases/*")]),
                # Of the whole bucket: with a condition on prefixes an object that is not there would be forbidden (403) and not missing (404), and slots are told apart by that.
                iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self.bucket.bucket_arn]),
                iam.PolicyStatement(actions=["ec2:AttachVolume"], resources=[arn("ec2", f"volume/{disk.ref}")]),
                iam.PolicyStatement(actions=["ec2:AttachVolume"], resources=[arn("ec2", "instance/*")], conditions={"StringEquals": {"aws:ResourceTag/Name": f"{cdk.Aws.STACK_NAME}-{letter}"}}),
                # Has no resources to be narrowed to.
                iam.PolicyStatement(actions=["ec2:DescribeVolumes"], resources=["*"], conditions={"StringEquals": {"aws:RequestedRegion": cdk.Aws.REGION}}),
                iam.PolicyStatement(actions=["cloudformation:SignalResource"], resources=[cdk.Aws.STACK_ID]),
                parameters("admin-key"),
            ])
        # Of the same account, so that this alone is enough. A bucket's ARN has no region.
        elsewhere = f"arn:{cdk.Aws.PARTITION}:s3:::{self.log_bucket}"
        of_log = iam.Policy(
            self, f"LogRights{letter}", roles=[role], statements=[
                iam.PolicyStatement(actions=own_objects, resources=[f"{elsewhere}/{prefix}/*" for prefix in LOGS.values()]),
                iam.PolicyStatement(actions=["s3:ListBucket"], resources=[elsewhere]),
            ])
        of_log.node.default_child.cfn_options.condition = self.is_log_elsewhere
        own = f"{letter.lower()}.{DOMAIN}"
        record = {"NormalizedRecordNames": [own], "RecordTypes": ["A"], "Actions": ["UPSERT"]}
        of_pair = iam.Policy(
            self, f"PairRights{letter}", roles=[role], statements=[
                parameters("ca", letter.lower()),
                iam.PolicyStatement(
                    actions=["route53:ChangeResourceRecordSets"], resources=[f"arn:{cdk.Aws.PARTITION}:route53:::hostedzone/{self.zone.ref}"],
                    conditions={"ForAllValues:StringEquals": {f"route53:ChangeResourceRecordSets{key}": values for key, values in record.items()}}),
                # Has no resources either; the condition is what narrows it.
                iam.PolicyStatement(actions=["cloudwatch:PutMetricData"], resources=["*"], conditions={"StringEquals": {"cloudwatch:namespace": "Till"}}),
            ])
        of_pair.node.default_child.cfn_options.condition = self.is_pair

    def snapshots(self) -> None:
        """Each hour's state of the disks, a day of them here and a week of daily ones in the other region. A store that was cut off at any write opens again."""
        role = iam.Role(self, "Snapshotter", assumed_by=iam.ServicePrincipal("dlm.amazonaws.com"), description="Takes and copies snapshots of the disks")
        resources = [f"arn:{cdk.Aws.PARTITION}:ec2:*::snapshot/*", f"arn:{cdk.Aws.PARTITION}:ec2:*:{cdk.Aws.ACCOUNT_ID}:volume/*"]
        iam.Policy(
            self, "SnapshotterRights", roles=[role], statements=[
                iam.PolicyStatement(actions=["ec2:CreateSnapshot", "ec2:CreateSnapshots", "ec2:DeleteSnapshot", "ec2:CopySnapshot", "ec2:CreateTags"], resources=resources),
                iam.PolicyStatement(actions=["ec2:DescribeVolumes", "ec2:DescribeSnapshots", "ec2:DescribeInstances"], resources=["*"]),
            ])
        def schedule(name: str, hours: int, count: int, copied: bool) -> dict:
            made = {"name": name, "createRule": {"interval": hours, "intervalUnit": "HOURS", "times": ["03:00"]}, "retainRule": {"count": count}, "copyTags": True}
            if copied:
                made["crossRegionCopyRules"] = [{"target": self.backup_region, "encrypted": True, "copyTags": True, "retainRule": {"interval": 7, "intervalUnit": "DAYS"}}]
            return made
        policy = dlm.CfnLifecyclePolicy(
            self, "Snapshots", description="Disks of Till", state="ENABLED", execution_role_arn=role.role_arn,
            policy_details={
                "resourceTypes": ["VOLUME"], "targetTags": [{"key": "till:store", "value": cdk.Aws.STACK_NAME}],
                "schedules": [schedule("hourly", 1, 24, False), schedule("daily", 24, 7, True)],
            })
        policy.cfn_options.condition = self.has_snapshots

    def alarms(self) -> None:
        topic = sns.Topic(self, "Alarms", enforce_ssl=True)
        topic.add_subscription(subscriptions.EmailSubscription(self.mail))

        def alarm(
            name: str, metric: cloudwatch.IMetric, threshold: float, what: str, below: bool = False, periods: int = 3, missing: bool = False, where: cdk.CfnCondition | None = None
        ) -> None:
            comparison = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD if below else cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD
            treatment = cloudwatch.TreatMissingData.BREACHING if missing else cloudwatch.TreatMissingData.NOT_BREACHING
            made = cloudwatch.Alarm(
                self, name, metric=metric, threshold=threshold, evaluation_periods=periods, comparison_operator=comparison, treat_missing_data=treatment, alarm_description=what)
            made.add_alarm_action(actions.SnsAction(topic))
            made.add_ok_action(actions.SnsAction(topic))
            made.node.default_child.cfn_options.condition = where

        minute = cdk.Duration.minutes(1)
        target = self.targets.metrics
        # The most in a minute: while the lead moves from one machine to the other nobody is ready for some seconds, which is no alarm.
        alarm(
            "NobodyReady", target.healthy_host_count(period=minute, statistic="Maximum"), 1, "No machine has taken receipts for a minute", below=True, periods=1, missing=True, where=self.has_machines)
        alarm("Errors", target.http_code_target(balancing.HttpCodeTarget.TARGET_5XX_COUNT, period=minute), 5, "Calls fail", periods=2)
        alarm("Slow", target.target_response_time(period=minute, statistic="p99"), 0.5, "One call in a hundred takes longer than half a second")
        for letter in "AB":
            group: autoscaling.CfnAutoScalingGroup = getattr(self, f"group_{letter.lower()}")
            of_group = {"AutoScalingGroupName": group.ref}

            def metric(name: str, statistic: str = "Maximum", namespace: str = "AWS/EC2", dimensions: dict | None = None, own: dict = of_group) -> cloudwatch.Metric:
                return cloudwatch.Metric(namespace=namespace, metric_name=name, dimensions_map=dimensions or own, period=minute, statistic=statistic)

            alarm(f"Broken{letter}", metric("StatusCheckFailed"), 0, f"The machine {letter} or what it runs on is broken", periods=2)
            alarm(f"Busy{letter}", metric("CPUUtilization", "Average"), 85, f"The processors of the machine {letter} have had no rest for 15 minutes", periods=15)
        # No service of AWS sees these: the machines of a pair tell them (`till-figures` in boot.sh), each what it knows.
        def told(name: str, minutes: int = 1, statistic: str = "Minimum") -> cloudwatch.Metric:
            return cloudwatch.Metric(namespace="Till", metric_name=name, dimensions_map={"Store": cdk.Aws.STACK_NAME}, period=cdk.Duration.minutes(minutes), statistic=statistic)

        alarm("NotInSync", told("InSync"), 2, "One machine alone has all that was acknowledged, beside the bucket: look at /readyz of both", below=True, periods=10, missing=True, where=self.is_pair)
        # The machine that does not lead says 0.
        alarm("ArchiveLate", told("ArchiveLag", statistic="Maximum"), 30, "With both machines more than half a minute of receipts would be lost, or all: look at archive in /readyz", periods=5, where=self.is_pair)
        alarm("CertificateEnds", told("CertificateDays", 60), 21, "A certificate that the machines show each other ends within three weeks", below=True, periods=1, missing=True, where=self.is_pair)

        # The bucket's name is the last of its ARN's six parts.
        copies = {"SourceBucket": self.bucket.bucket_name, "DestinationBucket": cdk.Fn.select(5, cdk.Fn.split(":", self.backup_bucket)), "RuleId": "backup"}

        def copied(name: str, statistic: str) -> cloudwatch.Metric:
            return cloudwatch.Metric(namespace="AWS/S3", metric_name=name, period=cdk.Duration.minutes(5), statistic=statistic, dimensions_map=copies)

        alarm("CopyFailed", copied("OperationsFailedReplication", "Sum"), 0, "Objects did not come to the backup region", periods=1, where=self.has_backup)
        alarm("CopyLate", copied("ReplicationLatency", "Maximum"), 300, "The backup region is more than five minutes behind", where=self.has_backup)
