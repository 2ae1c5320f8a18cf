"""Till on AWS: `python app.py` writes the templates of both stacks into `cdk.out` (or `--out`); `deploy/aws/synth` the committed ones.

    TillStack         the machines, the load balancer, the bucket, alarms: in the region that it is for
    TillBackupStack   the buckets that copies and the log go to: in another region

Nothing asks AWS while it synthesises, so the templates are the same for every account; parameters say what differs.
"""
import sys

import aws_cdk as cdk

from backup import TillBackupStack
from till import TillStack


def app(out: str | None = None) -> cdk.App:
    # Without versions of the library in them, the templates change only when the stack does.
    app = cdk.App(outdir=out, analytics_reporting=False)
    for stack in [TillStack, TillBackupStack]:
        stack(app, stack.__name__, synthesizer=cdk.LegacyStackSynthesizer(), termination_protection=True)
    return app


if __name__ == "__main__":
    app(sys.argv[sys.argv.index("--out") + 1] if "--out" in sys.argv else None).synth()
