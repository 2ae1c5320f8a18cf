"""The stack of one Till: two groups of one machine, each with a disk that outlives it, in two zones behind a load balancer, and a bucket."""
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
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

PORT = 8080
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
        for zone, letter in enumerate("AB"):
            self.machine(zone, letter)
        self.snapshots()
        self.alarms()
        cdk.CfnOutput(self, "Address", value=f"https://{self.load_balancer.load_balancer_dns_name}", description="Where the API is, once a name of the certificate points there")
        cdk.CfnOutput(self, "BucketName", value=self.bucket.bucket_name)

    def parameters(self) -> None:
        def text(name: str, description: str, **more) -> str:
            return cdk.CfnParameter(self, name, type="String", description=description, **more).value_as_string

        self.package = text("Package", "The key of the Debian package for arm64 within the bucket", default="releases/till_0.1.0_arm64.deb", allowed_pattern=r"releases/[\w.~+-]+\.deb")
        self.certificate = text("CertificateArn", "The certificate of the load balancer (ACM, this region)", allowed_pattern="arn:.+")
        self.clients = text("ClientRange", "Who may reach the load balancer", default="0.0.0.0/0", allowed_pattern=r"[\d./]+")
        self.mail = text("AlarmMail", "Who hears of alarms", allowed_pattern=r".+@.+")
        self.backup_bucket = text("BackupBucketArn", "The bucket of TillBackupStack in another region; empty: nothing is copied there", default="", allowed_pattern="(arn:.+)?")
        self.backup_region = text("BackupRegion", "Where snapshots of disks are copied to", default="eu-west-1", allowed_pattern=r"[a-z0-9-]+")
        # Two machines that do not know of each other would be two stores behind one name: the second waits until they replicate.
        self.standby = cdk.CfnParameter(
            self, "StandbyCount", type="String", default="0", allowed_values=["0", "1"], description="1 starts the second machine, for when the two replicate, or to move to it")
        self.disk = cdk.CfnParameter(self, "DiskGiB", type="Number", default=200, min_value=20, max_value=16384, description="Of each machine's disk (gp3)")

    def network(self) -> None:
        # Machines have addresses of their own, and nobody but the load balancer reaches them: two NAT gateways would cost more than the machines do.
        self.vpc = ec2.Vpc(
            self, "Network", ip_addresses=ec2.IpAddresses.cidr("10.90.0.0/24"), availability_zones=[cdk.Fn.select(zone, cdk.Fn.get_azs()) for zone in (0, 1)],
            nat_gateways=0, subnet_configuration=[ec2.SubnetConfiguration(name="Machines", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=26)])
        # What goes to the bucket stays inside, and costs nothing.
        self.vpc.add_gateway_endpoint("BucketEndpoint", service=ec2.GatewayVpcEndpointAwsService.S3)
        self.balancer_group = ec2.SecurityGroup(self, "BalancerGroup", vpc=self.vpc, description="The load balancer", allow_all_outbound=False)
        self.balancer_group.add_ingress_rule(ec2.Peer.ipv4(self.clients), ec2.Port.tcp(443), "clients")
        self.machine_group = ec2.SecurityGroup(self, "MachineGroup", vpc=self.vpc, description="The machines", allow_all_outbound=False)
        self.machine_group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "bucket, registrars, webhooks, packages")
        self.machine_group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(80), "packages")
        self.balancer_group.add_egress_rule(self.machine_group, ec2.Port.tcp(PORT), "machines")
        self.machine_group.add_ingress_rule(self.balancer_group, ec2.Port.tcp(PORT), "the load balancer")

    def storage(self) -> None:
        self.bucket = s3.Bucket(
            self, "Bucket", versioned=True, encryption=s3.BucketEncryption.S3_MANAGED, block_public_access=s3.BlockPublicAccess.BLOCK_ALL, enforce_ssl=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED, removal_policy=cdk.RemovalPolicy.RETAIN,
            lifecycle_rules=[
                # Files of old days are read by few questions; a read from this class costs, and takes as long as from any other.
                s3.LifecycleRule(
                    id="cold-files", prefix="warehouse/", transitions=[s3.Transition(storage_class=s3.StorageClass.GLACIER_INSTANT_RETRIEVAL, transition_after=cdk.Duration.days(90))]),
                # What a merge has replaced, or somebody deleted, can be had back for a month.
                s3.LifecycleRule(
                    id="tidy", abort_incomplete_multipart_upload_after=cdk.Duration.days(7), noncurrent_version_expiration=cdk.Duration.days(30), expired_object_delete_marker=True),
            ])
        wanted = cdk.CfnCondition(self, "HasBackup", expression=cdk.Fn.condition_not(cdk.Fn.condition_equals(self.backup_bucket, "")))
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
                    "Bucket": self.backup_bucket, "StorageClass": "GLACIER_IR", "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
                    "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}},
                },
            }],
        }
        raw.add_property_override("ReplicationConfiguration", cdk.Fn.condition_if(wanted.logical_id, replication, cdk.Aws.NO_VALUE))

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

    def machine(self, zone: int, letter: str) -> None:
        subnet = self.vpc.public_subnets[zone]
        disk = ec2.CfnVolume(
            self, f"Disk{letter}", availability_zone=subnet.availability_zone, encrypted=True, volume_type="gp3", size=self.disk.value_as_number, iops=3000, throughput=250)
        disk.apply_removal_policy(cdk.RemovalPolicy.SNAPSHOT)
        Tags.of(disk).add("Name", f"{self.stack_name}-{letter}")
        Tags.of(disk).add("till:store", self.stack_name)
        role = iam.Role(self, f"Machine{letter}", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"), description="A machine of Till")
        self.grant(role, disk, letter)
        boot = BOOT.read_text()
        user_data = ec2.UserData.custom(cdk.Fn.sub(boot, {"Bucket": self.bucket.bucket_name, "Package": self.package, "Volume": disk.ref, "Device": DEVICE, "Port": str(PORT)}))
        template = ec2.LaunchTemplate(
            self, f"Template{letter}", instance_type=ec2.InstanceType("m7g.large"), role=role, security_group=self.machine_group, user_data=user_data, require_imdsv2=True,
            http_put_response_hop_limit=1, associate_public_ip_address=True, detailed_monitoring=False,
            machine_image=ec2.MachineImage.from_ssm_parameter("/aws/service/debian/release/12/latest/arm64"),
            block_devices=[ec2.BlockDevice(device_name="/dev/xvda", volume=ec2.BlockDeviceVolume.ebs(12, encrypted=True, volume_type=ec2.EbsDeviceVolumeType.GP3))])
        group = autoscaling.CfnAutoScalingGroup(
            self, f"Group{letter}", min_size="1" if letter == "A" else self.standby.value_as_string, max_size="1", vpc_zone_identifier=[subnet.subnet_id],
            launch_template={"launchTemplateId": template.launch_template_id, "version": template.latest_version_number}, target_group_arns=[self.targets.target_group_arn],
            # A machine that is gone is replaced; one that answers "not ready" is not, since a start may take its time and a standby never is.
            health_check_type="EC2", health_check_grace_period=300,
            tags=[autoscaling.CfnAutoScalingGroup.TagPropertyProperty(key="Name", value=f"{self.stack_name}-{letter}", propagate_at_launch=True)])
        group.cfn_options.update_policy = cdk.CfnUpdatePolicy(auto_scaling_rolling_update=cdk.CfnAutoScalingRollingUpdate(max_batch_size=1, min_instances_in_service=0, pause_time="PT0S"))
        setattr(self, f"group_{letter.lower()}", group)

    def grant(self, role: iam.Role, disk: ec2.CfnVolume, letter: str) -> None:
        """What a machine may do: its bucket's objects, its disk, and nothing else."""
        objects = [self.bucket.arn_for_objects(f"{prefix}/*") for prefix in ("warehouse", "log", "ctl", "exports")]
        volume = f"arn:{cdk.Aws.PARTITION}:ec2:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:volume/{disk.ref}"
        instances = f"arn:{cdk.Aws.PARTITION}:ec2:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:instance/*"
        named = {"StringEquals": {"aws:ResourceTag/Name": f"{self.stack_name}-{letter}"}}
        iam.Policy(
            self, f"Rights{letter}", roles=[role], statements=[
                iam.PolicyStatement(actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"], resources=objects),
                iam.PolicyStatement(actions=["s3:GetObject"], resources=[self.bucket.arn_for_objects("releases/*")]),
                iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self.bucket.bucket_arn]),
                iam.PolicyStatement(actions=["ec2:AttachVolume"], resources=[volume]),
                iam.PolicyStatement(actions=["ec2:AttachVolume"], resources=[instances], conditions=named),
                # Has no resources to be narrowed to.
                iam.PolicyStatement(actions=["ec2:DescribeVolumes"], resources=["*"], conditions={"StringEquals": {"aws:RequestedRegion": cdk.Aws.REGION}}),
            ])

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
        dlm.CfnLifecyclePolicy(
            self, "Snapshots", description="Disks of Till", state="ENABLED", execution_role_arn=role.role_arn,
            policy_details={
                "resourceTypes": ["VOLUME"], "targetTags": [{"key": "till:store", "value": self.stack_name}],
                "schedules": [schedule("hourly", 1, 24, False), schedule("daily", 24, 7, True)],
            })

    def alarms(self) -> None:
        topic = sns.Topic(self, "Alarms", enforce_ssl=True)
        topic.add_subscription(subscriptions.EmailSubscription(self.mail))

        def alarm(name: str, metric: cloudwatch.IMetric, threshold: float, what: str, below: bool = False, periods: int = 3, missing: bool = False) -> None:
            comparison = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD if below else cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD
            treatment = cloudwatch.TreatMissingData.BREACHING if missing else cloudwatch.TreatMissingData.NOT_BREACHING
            made = cloudwatch.Alarm(
                self, name, metric=metric, threshold=threshold, evaluation_periods=periods, comparison_operator=comparison, treat_missing_data=treatment, alarm_description=what)
            made.add_alarm_action(actions.SnsAction(topic))
            made.add_ok_action(actions.SnsAction(topic))

        minute = cdk.Duration.minutes(1)
        target = self.targets.metrics
        alarm("NobodyReady", target.healthy_host_count(period=minute, statistic="Minimum"), 1, "No machine takes receipts", below=True, periods=1, missing=True)
        alarm("Errors", target.http_code_target(balancing.HttpCodeTarget.TARGET_5XX_COUNT, period=minute), 5, "Calls fail", periods=2)
        alarm("Slow", target.target_response_time(period=minute, statistic="p99"), 0.5, "One call in a hundred takes longer than half a second")
        for letter in "AB":
            group: autoscaling.CfnAutoScalingGroup = getattr(self, f"group_{letter.lower()}")
            of_group = {"AutoScalingGroupName": group.ref}

            def metric(name: str, statistic: str = "Maximum", namespace: str = "AWS/EC2", dimensions: dict | None = None, own: dict = of_group) -> cloudwatch.Metric:
                return cloudwatch.Metric(namespace=namespace, metric_name=name, dimensions_map=dimensions or own, period=minute, statistic=statistic)

            alarm(f"Broken{letter}", metric("StatusCheckFailed"), 0, f"The machine {letter} or what it runs on is broken", periods=2)
            alarm(f"Busy{letter}", metric("CPUUtilization", "Average"), 85, f"The processors of the machine {letter} have had no rest for 15 minutes", periods=15)
        replication = cloudwatch.Metric(
            namespace="AWS/S3", metric_name="OperationsFailedReplication", period=cdk.Duration.minutes(5), statistic="Sum",
            dimensions_map={"SourceBucket": self.bucket.bucket_name, "RuleId": "backup"})
        alarm("CopyFailed", replication, 0, "Objects did not come to the backup region", periods=1)
