"""
One question to Parameter Store, with botocore's signature and without its client: that one reads
a description of everything Systems Manager can do first, and a function that starts waits for it.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ConnectionError as NoConnection
from botocore.exceptions import HTTPClientError
from botocore.httpsession import URLLib3Session
from botocore.session import Session

from tradegram.errors import StoreUnavailable

TIMEOUT = 2  # seconds
PAUSES = (0.1, 0.4, None)  # seconds after each try that may be repeated
SERVICE = "ssm"
HEADERS = {
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "AmazonSSM.GetParameters",
}


def parameters(
    session: Session,
    path: str,
    names: Sequence[str],
    pause: Callable[[float], None] = time.sleep,
) -> Mapping[str, str]:
    """
    The values below the path, decrypted, by name; those that are not there are left out.

    Raises StoreUnavailable: the function is not loaded then, and Lambda tries again.
    """
    wanted = {"Names": [f"{path}/{name}" for name in names], "WithDecryption": True}
    region, credentials = session.get_config_variable("region"), session.get_credentials()
    if credentials is None:
        raise StoreUnavailable("Parameter Store: this function has no credentials")
    url, http = address(session, region), URLLib3Session(timeout=TIMEOUT)
    for wait in PAUSES:
        request = AWSRequest("POST", url, HEADERS, json.dumps(wanted))
        SigV4Auth(credentials, SERVICE, region).add_auth(request)
        try:
            answer = http.send(request.prepare())
        except (NoConnection, HTTPClientError) as error:
            why, passing = type(error).__name__, True
        else:
            if answer.status_code == 200:
                found = json.loads(answer.content)["Parameters"]
                return {each["Name"].rpartition("/")[2]: each["Value"] for each in found}
            why = _reason(answer.content) or f"status {answer.status_code}"
            passing = answer.status_code >= 500 or "Throttl" in why
        if not passing or wait is None:
            break
        pause(wait)
    raise StoreUnavailable(f"Parameter Store: {why}")


def address(session: Session, region: str) -> str:
    """As botocore has it: an endpoint for this service, for all of them, or AWS's own."""
    for name in ("AWS_ENDPOINT_URL_SSM", "AWS_ENDPOINT_URL"):
        if given := os.environ.get(name):
            return given
    in_china = session.get_partition_for_region(region) == "aws-cn"
    return f"https://{SERVICE}.{region}.amazonaws.com" + (".cn" if in_china else "")


def _reason(content: bytes) -> str:
    """`AccessDeniedException`, say; "" when the answer cannot be read."""
    try:
        return str(json.loads(content)["__type"]).rpartition("#")[2]
    except (ValueError, LookupError, TypeError):
        return ""
