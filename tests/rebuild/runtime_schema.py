# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds a config.json against what the OCI Runtime Specification 1.0.2 says about the keys that we
write (schema/config-schema.json, config-linux.json, defs.json), and against nothing else: a key that
is not here is a fault."""
import json
import sys

TEXT, FLAG, PATH = {"type": "string"}, {"type": "boolean"}, {"type": "string", "pattern": "^/"}
UINT32 = {"type": "integer", "minimum": 0, "maximum": 2**32 - 1}
UINT64 = {"type": "integer", "minimum": 0, "maximum": 2**64 - 1}


def table(required, **keys):
    return {"type": "object", "properties": keys, "required": required, "additionalProperties": False}


def several(item, least=0):
    return {"type": "array", "items": item, "minItems": least}


CAPABILITY = several({"type": "string", "pattern": "^CAP_[A-Z_]+$"})
MAPPING = several(table(["containerID", "hostID", "size"], containerID=UINT32, hostID=UINT32, size=UINT32))
MOUNT = table(["destination"], destination=PATH, type=TEXT, source=TEXT, options=several(TEXT))
RLIMIT = table(["type", "soft", "hard"], soft=UINT64, hard=UINT64, type={"type": "string", "pattern": "^RLIMIT_[A-Z]+$"})
NAMESPACE = table(["type"], path=PATH, type={"enum": ["mount", "pid", "network", "uts", "ipc", "user", "cgroup"]})

SCHEMA = table(
    ["ociVersion"],
    ociVersion={"type": "string", "pattern": r"^1\.\d+\.\d+$"},
    hostname=TEXT,
    root=table(["path"], path=TEXT, readonly=FLAG),
    mounts=several(MOUNT),
    process=table(
        ["cwd", "args"],
        terminal=FLAG, cwd=PATH, args=several(TEXT, 1),
        env=several({"type": "string", "pattern": "^[^=]+="}), noNewPrivileges=FLAG,
        user=table(["uid", "gid"], uid=UINT32, gid=UINT32, umask=UINT32, additionalGids=several(UINT32)),
        capabilities=table([], **{key: CAPABILITY for key in (
            "bounding", "effective", "inheritable", "permitted", "ambient")}),
        rlimits=several(RLIMIT)),
    linux=table([], uidMappings=MAPPING, gidMappings=MAPPING, namespaces=several(NAMESPACE),
                maskedPaths=several(PATH), readonlyPaths=several(PATH)),
)

if __name__ == "__main__":
    import jsonschema
    with open(sys.argv[1], encoding="utf-8") as f:
        config = json.load(f)
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    jsonschema.validate(config, SCHEMA)
    kinds = [row["type"] for row in config["process"]["rlimits"]]
    assert len(kinds) == len(set(kinds)), "a limit twice"
    assert {row["type"] for row in config["linux"]["namespaces"]} >= {"mount", "pid", "network", "uts", "ipc"}
    assert config["root"]["readonly"] and config["process"]["noNewPrivileges"]
    assert not any(config["process"]["capabilities"].values())
