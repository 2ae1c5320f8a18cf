"""A bucket with the store's objects in it, as both stacks have them."""
import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

#: Where the log of one machine lies, and that of a pair. Not the same: a pair begins with a place that has nothing in it, also where it keeps on what one machine had (`till cluster found`).
LOGS = {"one": "log", "pair": "pair"}

#: Cold files, the warehouse's and those that a log has once more.
COLD = {"cold-files": "warehouse/", "cold-files-of-the-log": "log/base/warehouse/", "cold-files-of-the-archive": "pair/archive/base/warehouse/"}

#: What a log replaces each few seconds, each day or each GiB: a month of it would be more than the store. Slots (pair/slots/) are no part of it: one that somebody deleted can be had back as long as any other object.
PASSING = {"heads": "log/head", "segments": "log/log/", "checkpoints": "log/base/", "archives": "pair/archive/"}


def bucket(scope: Construct, name: str, cold: int, passing: int, former: int) -> s3.Bucket:
    """Nobody but the account reaches it, and it outlives its stack. No rule ends an object that is there: what became of slots and archives only the leader knows.

    :param cold: after so many days cold files go to the class for what is hardly read.
    :param passing: for so many days a log's replaced and deleted objects can be had back.
    :param former: the same of all others.
    """
    colder = s3.Transition(storage_class=s3.StorageClass.GLACIER_INSTANT_RETRIEVAL, transition_after=cdk.Duration.days(cold))
    return s3.Bucket(
        scope, name, versioned=True, encryption=s3.BucketEncryption.S3_MANAGED, block_public_access=s3.BlockPublicAccess.BLOCK_ALL, enforce_ssl=True,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED, removal_policy=cdk.RemovalPolicy.RETAIN,
        lifecycle_rules=[
            *[s3.LifecycleRule(id=name, prefix=prefix, transitions=[colder]) for name, prefix in COLD.items()],
            *[s3.LifecycleRule(id=f"former-{name}", prefix=prefix, noncurrent_version_expiration=cdk.Duration.days(passing)) for name, prefix in PASSING.items()],
            s3.LifecycleRule(
                id="tidy", abort_incomplete_multipart_upload_after=cdk.Duration.days(7), noncurrent_version_expiration=cdk.Duration.days(former), expired_object_delete_marker=True),
        ])
