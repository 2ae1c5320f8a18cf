"""Runs state machines by moto's interpreter of the Amazon States Language.

Reads lines {"definition", "input"} and writes for each {"status", "output" | "error", "cause"}. A task's resource `till:call:<name>-<script>` is a function whose
n-th call does what the n-th word of the script says: `ok` gives its input back, any other word is an error of that name; past the script every call is `ok`.
Waiting takes no time.
"""
import json
import logging
import os
import sys
import threading
import time

logging.disable(logging.CRITICAL)
os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")

import boto3  # noqa: E402
from moto import mock_aws  # noqa: E402
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl  # noqa: E402
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils  # noqa: E402
from moto.stepfunctions.parser.asl.component.state.exec.state_task.lambda_eval_utils import LambdaFunctionErrorException  # noqa: E402

PREFIX = "arn:aws:lambda:us-east-1:123456789012:function:"
calls = {}
lock = threading.Lock()


def translate(value):
    """The same definition for functions of moto's."""
    if isinstance(value, dict):
        return {k: PREFIX + v[len("till:call:"):] if k == "Resource" else translate(v) for k, v in value.items()}
    return [translate(v) for v in value] if isinstance(value, list) else value


def call(parameters, region, state_credentials=None, *args, **kwargs):
    name = parameters["FunctionName"].split(":")[-1]
    script = name.split("-")[1:]
    with lock:
        number = calls.get(name, 0)
        calls[name] = number + 1
    word = script[number] if number < len(script) else "ok"
    if word != "ok":
        raise LambdaFunctionErrorException("Unhandled", json.dumps({"errorType": word, "errorMessage": "told to"}))
    payload = parameters.get("Payload", b"{}")
    return {"Payload": json.loads(payload), "StatusCode": 200}


class NoTime:
    def __getattr__(self, name):
        return (lambda *_: None) if name == "sleep" else getattr(time, name)


def main():
    retrier_decl.time = NoTime()
    lambda_eval_utils._invoke_lambda_function = call
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        iam = boto3.client("iam")
        role = iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        client = boto3.client("stepfunctions")
        for number, line in enumerate(sys.stdin):
            case = json.loads(line)
            calls.clear()
            try:
                machine = client.create_state_machine(name=f"m{number}", definition=json.dumps(translate(case["definition"])), roleArn=role)
            except Exception as error:
                print(json.dumps({"status": "REFUSED", "cause": str(error)}), flush=True)
                continue
            execution = client.start_execution(stateMachineArn=machine["stateMachineArn"], name="n1", input=json.dumps(case["input"]))["executionArn"]
            end = time.monotonic() + 20
            while (found := client.describe_execution(executionArn=execution))["status"] == "RUNNING" and time.monotonic() < end:
                # It runs in threads: to ask again and again takes more than they do.
                others = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
                others[0].join(0.05) if others else time.sleep(0.002)
            answer = {"status": found["status"]}
            for member in ("error", "cause"):
                if member in found:
                    answer[member] = found[member]
            if found["status"] == "SUCCEEDED":
                # An output of null comes as no text, one that is a text comes without its quotes.
                text = found.get("output") or "null"
                try:
                    answer["output"] = json.loads(text)
                except ValueError:
                    answer["output"] = text
            print(json.dumps(answer), flush=True)


main()
