"""The stack of the backup region: a bucket that the other stack's is copied to."""
import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct


class TillBackupStack(cdk.Stack):
    def __init__(self, scope: Construct, name: str, **more) -> None:
        super().__init__(scope, name, description="Till: the bucket of another region", **more)
        bucket = s3.Bucket(
            self, "Bucket", versioned=True, encryption=s3.BucketEncryption.S3_MANAGED, block_public_access=s3.BlockPublicAccess.BLOCK_ALL, enforce_ssl=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED, removal_policy=cdk.RemovalPolicy.RETAIN,
            lifecycle_rules=[
                # Copies come in the class of their originals, which for most is Standard. Heads and segments of the log, and slots, are gone too soon for a class that is paid for ninety days.
                *[s3.LifecycleRule(id=name, prefix=prefix, transitions=[s3.Transition(storage_class=s3.StorageClass.GLACIER_INSTANT_RETRIEVAL, transition_after=cdk.Duration.days(1))])
                  for name, prefix in (("cold-files", "warehouse/"), ("cold-files-of-the-log", "log/base/warehouse/"))],
                *[s3.LifecycleRule(id=f"former-{name}", prefix=f"log/{prefix}", noncurrent_version_expiration=cdk.Duration.days(7)) for name, prefix in (("heads", "head"), ("segments", "log/"), ("checkpoints", "base/"))],
                s3.LifecycleRule(
                    id="tidy", abort_incomplete_multipart_upload_after=cdk.Duration.days(7), noncurrent_version_expiration=cdk.Duration.days(90), expired_object_delete_marker=True),
            ])
        cdk.CfnOutput(self, "BucketArn", value=bucket.bucket_arn, description="BackupBucketArn of TillStack")
