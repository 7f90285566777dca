"""
Deploy a desk to AWS, guided: `make deploy`. Say it again to change or upgrade it.

Asks for the bot's token once and keeps it, with a new secret for the webhook, in Parameter Store;
lets SAM ask for the rest and deploy what `make package` built; tells Telegram where to send; says
what to register with brokers; and looks at the result as `tradegram doctor --aws` does.
"""

from __future__ import annotations

import getpass
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

from tradegram.chat.telegram.token import bot_of
from tradegram.chat.telegram.webhook import set_webhook
from tradegram.cli import doctor_aws
from tradegram.cli.home_aws import client, refusals
from tradegram.errors import TradegramError, UserError
from tradegram.settings import read

ROOT = Path(__file__).resolve().parents[1]
BUILT = ROOT / ".aws-sam" / "build" / "template.yaml"
TOKEN, SECRET = "TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET"


def main() -> int:
    try:
        if shutil.which("sam") is None:
            raise UserError("make deploy needs the AWS SAM command line: pip install aws-sam-cli")
        name = _asked("Name of the stack", os.environ.get("STACK", "tradegram"))
        path = _asked("Parameter Store path of its secrets", f"/{name}")
        keep_secrets(path, os.environ.get("TELEGRAM_API_BASE_URL", "https://api.telegram.org"))
        deploy(name, path)
        return finish(name)
    except TradegramError as error:
        print(error, file=sys.stderr)
        return 1


def keep_secrets(path: str, server: str) -> None:
    """Ask for what is missing. Raises UserError; repeats no secret."""
    there = doctor_aws.secrets_at(path)
    if TOKEN not in there:
        token = getpass.getpass("Token of the bot, from @BotFather (not shown): ").strip()
        name = bot_of(token, server)
        if name is None:
            raise UserError("That token is not accepted. Copy it again from @BotFather.")
        print(f"The bot is @{name}.")
        _put(f"{path}/{TOKEN}", token)
    if SECRET not in there:
        _put(f"{path}/{SECRET}", secrets.token_urlsafe(32))


def deploy(name: str, path: str) -> None:
    """
    By a bucket of SAM's own: the template is too large for a request. Raises UserError when SAM
    did not.
    """
    command = [
        "sam", "deploy", "--guided", "--template-file", str(BUILT), "--stack-name", name,
        "--resolve-s3", "--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND",
        "--parameter-overrides", f"SecretsPath={path}",
    ]  # fmt: skip
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        raise UserError("SAM did not deploy it; nothing after that was done. Say it again.")


def finish(name: str) -> int:
    """Tell Telegram and people; the exit code of the doctor."""
    settings = read(os.environ)
    stack = doctor_aws.look_up(settings, name)
    kept = doctor_aws.secrets_at(stack.parameters["SecretsPath"])
    url = stack.outputs["WebhookUrl"]
    set_webhook(kept[TOKEN], stack.parameters["BotApi"], url, kept[SECRET])
    public = stack.outputs["PublicUrl"]
    print(f"Redirect address of your broker's app:  {public}/login/BROKER/callback")
    print("Postback address of it:                 `tradegram link` says it, with its secret")
    print(f"Address that orders leave from:         {address_of(stack)}")
    print()
    return doctor_aws.examine(settings, name)


def address_of(stack: doctor_aws.Deployed) -> str:
    address = stack.outputs.get("RegisteredAddress") or stack.parameters.get("EgressAddress")
    return address or "none of yours; EgressMode says how to have one"


def _put(name: str, value: str) -> None:
    with refusals():
        client("ssm").put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
    print(f"{name} is kept.")


def _asked(words: str, usual: str) -> str:
    return input(f"{words} [{usual}]: ").strip() or usual


if __name__ == "__main__":
    sys.exit(main())
