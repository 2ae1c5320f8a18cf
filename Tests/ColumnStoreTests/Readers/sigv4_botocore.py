"""Signs requests as botocore does, for SigV4Tests.

Reads a file of JSON lines: method, host, path, query (pairs), headers (pairs), body (hexadecimal), region, key, secret, token, seconds, and expires for a
presigned URL. Prints a JSON line for each: the target of the request and its Authorization, or the query of the presigned URL.
"""

import datetime
import json
import sys

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.utils


def sign(case):
    instant = datetime.datetime.fromtimestamp(case["seconds"], datetime.timezone.utc)
    botocore.auth.get_current_datetime = lambda: instant
    credentials = botocore.credentials.Credentials(case["key"], case["secret"], case["token"])
    path = botocore.utils.percent_encode(case["path"], safe="/~")
    request = botocore.awsrequest.AWSRequest(
        method=case["method"], url=f"http://{case['host']}{path}", params=dict(case["query"]), data=bytes.fromhex(case["body"])
    )
    for name, value in case["headers"]:
        request.headers[name] = value
    if "expires" in case:
        botocore.auth.S3SigV4QueryAuth(credentials, "s3", case["region"], expires=case["expires"]).add_auth(request)
        # Which parameters, and the signature: their order in the URL is free.
        query = request.prepare().url.split("?", 1)[1]
        return {"path": path, "query": sorted(query.split("&"))}
    botocore.auth.S3SigV4Auth(credentials, "s3", case["region"]).add_auth(request)
    query = botocore.auth.S3SigV4Auth(credentials, "s3", case["region"]).canonical_query_string(request)
    return {"target": path + ("?" + query if query else ""), "authorization": request.headers["Authorization"]}


with open(sys.argv[1], encoding="utf-8") as cases:
    for line in cases:
        print(json.dumps(sign(json.loads(line))))
