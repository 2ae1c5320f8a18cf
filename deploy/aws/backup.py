"""The stack of another region: a bucket that the other stack's is copied to, and one that its machines write their log to themselves."""
import aws_cdk as cdk
from constructs import Construct

from buckets import bucket


class TillBackupStack(cdk.Stack):
    def __init__(self, scope: Construct, name: str, **more) -> None:
        super().__init__(scope, name, description="Till: the buckets of another region", **more)
        # Copies come in the class of their originals, which for most is Standard. Heads and segments of the log, and slots, are gone too soon for a class that is paid for ninety days.
        copies = bucket(self, "Bucket", cold=1, passing=7, former=90)
        # Of its own, so that the machines have no right to the copies, and nothing that is copied comes between slots. Same rules as where the log lies otherwise.
        log = bucket(self, "Log", cold=90, passing=3, former=30)
        cdk.CfnOutput(self, "BucketArn", value=copies.bucket_arn, description="BackupBucketArn of TillStack")
        cdk.CfnOutput(self, "LogBucketName", value=log.bucket_name, description="LogBucket of TillStack")
        cdk.CfnOutput(self, "LogBucketRegion", value=cdk.Aws.REGION, description="LogRegion of TillStack")
