"""Sets a throw-away office up for schemathesis: a person of every role, a canteen, an elder, a policy.

Usage: office.py URL PASSPHRASE FOLDER. Writes token-ROLE for each role, and schemathesis.toml with what is there, so
that operations are asked for things that exist and not only for such as do not.
"""

import base64
import datetime
import hashlib
import hmac
import json
import pathlib
import struct
import sys
import time
import urllib.request

URL, PASSPHRASE, FOLDER = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
# Policies are announced ahead of their day.
AHEAD = str(datetime.date.today() + datetime.timedelta(days=3))
OWN = "throw-away 测试口令"

POLICY = """
[policy]
id = "test"
name = "测试政策"
version = 1
semantics = 1
region = "4403"
effective_from = DAY
rounding = "half_up"
source = "测试数据"

[meals]
lunch = ["10:30", "13:30"]

[[benefit]]
id = "age-60"
label = "60岁以上"
kind = "diner"
amount = { fixed = "3.00" }
payers = { city = 1 }

[benefit.elder]
age = { min = 60 }
"""


def ask(method, path, body=None, token=None):
    """Asks the office for JSON; fails on any refusal."""
    request = urllib.request.Request(URL + path, method=method)
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        request.add_header("content-type", "application/json")
    if token:
        request.add_header("authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, data) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def code(secret, step):
    """A time-based one-time password (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def enter(name, one_time):
    """Signs somebody in for the first time; answers token and the second factor's secret."""
    token = ask("POST", "/api/v1/session", {"name": name, "passphrase": one_time})["token"]
    ask("POST", "/api/v1/session/passphrase", {"old": one_time, "new": OWN}, token)
    if "totp" not in ask("GET", "/api/v1/session", token=token)["must"]:
        return token, None
    secret = ask("POST", "/api/v1/session/totp", token=token)["secret"]
    ask("POST", "/api/v1/session/totp/confirmation", {"code": code(secret, int(time.time()) // 30 - 1)}, token)
    return token, secret


def resident_id(number):
    """A made-up resident ID with a right check digit."""
    first = f"44030419460101{number:03d}"
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return first + "10X98765432"[sum(int(d) * w for d, w in zip(first, weights)) % 11]


tokens = {"administrator": enter("管理员", PASSPHRASE)[0]}
admin = tokens["administrator"]
canteen = ask("POST", "/api/v1/canteens", {
    "region": "440304001003", "name": "测试食堂", "operator": "测试餐饮有限公司", "credit_code": "91350100M000100Y43",
    "phone": "0755-82000000", "bank": "测试银行", "account_name": "测试餐饮有限公司", "account": "622202100112345"}, admin)["id"]
secrets = {}
first = ask("POST", "/api/v1/people", {"name": "第二管理员", "role": "administrator", "region": "4403"}, admin)
second_admin = enter("第二管理员", first["one_time_passphrase"])[0]
for role in ["card_issuer", "policy_editor", "finance_maker", "finance_checker", "auditor", "canteen_manager"]:
    manager = role == "canteen_manager"
    new = {"name": f"测试{role}", "role": role, "region": "4403", "canteen": canteen if manager else None}
    invited = ask("POST", "/api/v1/people", new, admin)
    if "proposal" in invited:
        path = f"/api/v1/proposals/{invited['proposal']}/approve"
        invited = ask("POST", path, {"digest": invited["digest"]}, second_admin)
    tokens[role], secrets[role] = enter(new["name"], invited["one_time_passphrase"])
elder = ask("POST", "/api/v1/elders", {"resident_id": resident_id(7), "name": "测试长者", "region": "440304"}, admin)["id"]
proposal = ask("POST", "/api/v1/policies", {"file_name": "test.toml", "source": POLICY.replace("DAY", AHEAD)}, tokens["policy_editor"])
second = ask("POST", f"/api/v1/canteens/{canteen}/prices",
             {"valid_from": "2026-01-01", "period": "lunch", "price": 1800}, tokens["finance_maker"])
ask("POST", "/api/v1/session/step-up",
    {"passphrase": OWN, "code": code(secrets["finance_checker"], int(time.time()) // 30)}, tokens["finance_checker"])
ask("POST", f"/api/v1/proposals/{proposal['proposal']}/approve", {"digest": proposal["digest"]},
    tokens["finance_checker"])

for role, token in tokens.items():
    (FOLDER / f"token-{role}").write_text(token)
known = {
    r"^/api/v1/canteens/\\{id\\}": f'"path.id" = "{canteen}"',
    r"^/api/v1/elders/\\{id\\}": f'"path.id" = "{elder}"',
    r"^/api/v1/proposals/\\{id\\}": f'"path.id" = "{second["proposal"]}"',
    r"^/api/v1/months/": '"path.region" = "440304", "path.month" = "2026-03"',
    r"^/api/v1/regions/": '"path.region" = "4403"',
    r"^/api/v1/policies/\\{id\\}": '"path.id" = "test", "path.version" = 1',
    r"^/api/v1/findings/\\{canteen\\}": f'"path.canteen" = "{canteen}"',
    r"^/api/v1/calendars/\\{number\\}": '"path.number" = 1',
}
parts = [f'[[operations]]\ninclude-path-regex = "{path}"\nparameters = {{ {of} }}\n' for path, of in known.items()]
(FOLDER / "schemathesis.toml").write_text("\n".join(parts))
