# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of evidence share: keys by the openssl command, envelopes made here, and assay."""
import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "compare"))
from pairs import finish, result  # noqa: E402,F401

ASSAY = os.environ["ASSAY"]
STRICT = bool(os.environ.get("ASSAY_TEST_STRICT"))
VECTORS = os.path.join(os.environ["top_srcdir"], "..", "shared", "vectors")
DONE, DIFFERENT, TROUBLE, INCONCLUSIVE, WORSE, TRUST = 0, 1, 2, 3, 4, 9
TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
VERDICT = "https://assay.example/build-equivalence/v1"

# Generator, signer and verifier of the openssl command for each type of key.
PSS = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]
KEYS = {
    "ed25519": (["-algorithm", "ED25519"], None),
    "p256": (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], ["-sha256"]),
    "p384": (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"], ["-sha384"]),
    "rsa": (["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"], ["-sha256", *PSS]),
}


def run(*argv, **kw):
    return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
                          stdin=kw.pop("stdin", subprocess.DEVNULL), **kw)


def openssl(*argv, **kw):
    got = run("openssl", *argv, **kw)
    if got.returncode != 0:
        raise RuntimeError(f"openssl {argv}: {got.stderr.decode()}")
    return got.stdout


def assay(*argv, **kw):
    return run(ASSAY, *argv, **kw)


def check(text, condition, why=""):
    result(bool(condition), text, why)


def refused(text, pattern, *argv, status=TROUBLE, **kw):
    """assay ends with a status, one line that has the pattern, and nothing on standard output."""
    got = assay(*argv, **kw)
    said = [x for x in got.stderr.decode(errors="replace").splitlines() if not x.startswith("Try ")]
    check(text, got.returncode == status and not got.stdout and len(said) == 1 and
          pattern in said[0], got)


def needs(package, *argv):
    """Skip the script where a tool is missing; a strict run does not skip."""
    if shutil.which(argv[0]) if len(argv) == 1 else os.path.exists(argv[1]):
        return True
    result(not STRICT, f"needs {package}" + ("" if STRICT else " # SKIP"))
    return False


def revocation_list(*digests, key="r", expires="2026-12-01T00:00:00Z"):
    """A revocation list of November 2026, signed with openssl."""
    said = json.dumps({"schema": "assay.revocation/1", "number": 1, "issued": "2026-11-01T00:00:00Z", "expires":
                       expires, "revoked": [{"sha256": d, "reason": "lost"} for d in digests]}).encode()
    kind = "application/vnd.assay.revocation+json"
    return json.dumps({"payload": b64(said), "payloadType": kind, "signatures": [
        {"sig": b64(openssl_sign(key, "ed25519", pae(said, kind)))}]})


def crl_of(out, ca, *revoked, days=("20261101000000Z", "20261201000000Z"), ext=""):
    """A CRL in PEM by ca.crt, ca.key. revoked: (certificate file, time as YYMMDD, reason of openssl-ca(1))."""
    lines = []
    for name, when, reason in revoked:
        serial = openssl("x509", "-in", name, "-noout", "-serial").decode().strip().split("=")[1]
        lines.append(f"R\t400101000000Z\t{when}000000Z{',' if reason else ''}{reason}\t{serial}\tunknown\t/CN=x\n")
    write("crl.index", "".join(lines))
    write("crl.index.attr", "unique_subject = no\n")
    write("crl.cnf", "[ca]\ndefault_ca=d\n[d]\ndatabase=crl.index\ndefault_md=sha256\n[e]\n" + ext)
    openssl("ca", "-gencrl", "-config", "crl.cnf", "-cert", ca + ".crt", "-keyfile", ca + ".key", "-crl_lastupdate",
            days[0], "-crl_nextupdate", days[1], "-out", out, *(["-crlexts", "e"] if ext else []))
    return read(out)


def in_folder():
    """Work in a folder of our own, which is removed at the end."""
    folder = tempfile.TemporaryDirectory(prefix="assay-attest-")
    os.chdir(folder.name)
    return folder


def write(path, data):
    with open(path, "wb" if isinstance(data, (bytes, bytearray)) else "w") as f:
        f.write(data)
    return path


def read(path):
    with open(path, "rb") as f:
        return f.read()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def b64(data):
    return base64.b64encode(data).decode()


def new_key(name, kind):
    """A pair by openssl: NAME.key and NAME.pub."""
    openssl("genpkey", *KEYS[kind][0], "-out", name + ".key")
    openssl("pkey", "-in", name + ".key", "-pubout", "-out", name + ".pub")


def pae(payload, kind=TYPE):
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)


def openssl_sign(name, kind, message):
    write("message", message)
    if KEYS[kind][1] is None:
        return openssl("pkeyutl", "-sign", "-rawin", "-inkey", name + ".key", "-in", "message")
    return openssl("dgst", *KEYS[kind][1], "-sign", name + ".key", "message")


def openssl_verifies(public, kind, message, signature):
    write("message", message)
    write("signature", signature)
    if KEYS[kind][1] is None:
        got = run("openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", public, "-in",
                  "message", "-sigfile", "signature")
    else:
        got = run("openssl", "dgst", *KEYS[kind][1], "-verify", public, "-signature", "signature",
                  "message")
    return got.returncode == 0


def statement(subject=b"firmware", predicate_type="x:y", predicate=None):
    return {"_type": STATEMENT, "subject": [{"name": "fw.bin", "digest": {"sha256": sha256(subject)}}],
            "predicateType": predicate_type, "predicate": predicate or {}}


def envelope_of(path):
    """(payload, type, signatures) of an envelope, read without assay."""
    env = json.loads(read(path))
    return (base64.b64decode(env["payload"]), env["payloadType"],
            [base64.b64decode(s["sig"]) for s in env["signatures"]])


def verdict(subject=b"firmware", provenance="p1", **changes):
    """A verdict that matches; changes go into the predicate, None takes a field out."""
    digest, size = {"sha256": sha256(subject)}, {"size": len(subject)}
    counts = {"identical": len(subject), "transplanted": 0, "repacked": 0, "normalised": 0,
              "excluded": 0, "unexplained": 0, "total": len(subject)}
    named = {"name": "fw.bin", "digest": digest, "annotations": size}
    some = {"digest": {"sha256": sha256(b"some")}}
    predicate = {
        "verdict": "EQUIVALENT", "tier": "identical", "accept": "normalised", "accepted": True,
        "exitStatus": 0, "rules": [], "findings": [], "findingsLeftOut": 0, "exclusions": [],
        "artefacts": [{"delivered": named, "rebuilt": named, "tier": "identical", "bytes": counts}],
        "product": {"name": "router", "version": "4.2.1"},
        "sources": [{"name": "source.tar", **some}], "manifest": some, "toolchainLock": some,
        "toolchainTree": some,
        "rebuilds": [{"name": "provenance", "digest": {"sha256": sha256(provenance.encode())}}],
        "tool": {"name": "assay", "version": "1", **some}, "roles": {"lab": "https://lab.example/a"},
        "run": {"startedOn": "2026-11-01T00:00:00Z", "finishedOn": "2026-11-01T01:00:00Z"}}
    predicate.update(changes)
    predicate = {k: v for k, v in predicate.items() if v is not None}
    return statement(subject, VERDICT, predicate)


def envelope(said, *signers, kind=TYPE, payload=None):
    """An envelope as text; signers are names of Ed25519 keys."""
    data = payload if payload is not None else json.dumps(said).encode()
    return json.dumps({"payload": b64(data), "payloadType": kind, "signatures": [
        {"sig": b64(openssl_sign(name, "ed25519", pae(data, kind)))} for name in signers]})


def policy(signers, product="name: router", accept="identical", rules="any", more="", owners=2,
           performers=1, checkers=0, rebuilds=1, revocation=""):
    """A policy as text; signers are (owner, role, file)."""
    text = f"schema: assay.policy/1\nproduct: {{{product}}}\nverdict: {{accept: {accept}, rules: [{rules}]{more}}}\n"
    text += (f"required: {{owners: {owners}, performers: {performers}, checkers: {checkers}, "
             f"rebuilds: {rebuilds}}}\n{revocation}signers:\n")
    return text + "".join(f"  - {{owner: {o}, role: {r}, file: {f}}}\n" for o, r, f in signers)
