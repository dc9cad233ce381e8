#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile bundles, made byte by byte; and the script that checks bundles without assay."""
import json

import os
import shutil
import tarfile

from evidence import (DONE, HERE, KEYS, STATEMENT, TROUBLE, TRUST, TYPE, assay, b64, check, envelope, finish,
                      in_folder, needs, new_key, openssl, pae, read, run, sha256, write)

SCRIPT = os.path.join(HERE, "..", "..", "samples", "check-bundle.sh")
FULL = os.path.join(HERE, "..", "fuzz", "corpus", "manifest", "full.yaml")


def member(name, data, **kw):
    """One file as a bundle has it; kw changes fields of the header."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in kw.items():
        setattr(info, key, value)
    head = info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict")
    return head + data + b"\0" * (-len(data) % 512)


END = b"\0" * 1024


def tar(files, end=END):
    return b"".join(member(n, d) for n, d in sorted(files.items())) + end


def signed(payload, keys=("lab",), **kw):
    return envelope(None, *keys, payload=payload, **kw).encode()


def journal():
    text, last = b"", "0" * 64
    for number, event in enumerate(["begun", "concluded"], 1):
        line = json.dumps({"data": {}, "event": event, "ms": number, "previous": last,
                           "record": number, "time": "2026-11-25T06:31:44Z"},
                          sort_keys=True, separators=(",", ":")).encode() + b"\n"
        last = sha256(line)
        text += line
    return text


def contents():
    manifest = read(FULL)
    verdict = {"_type": STATEMENT, "predicateType": "https://assay.example/build-equivalence/v1",
               "subject": [{"name": "x", "digest": {"sha256": "1" * 64}}],
               "predicate": {"verdict": "EQUIVALENT", "tier": "identical", "accepted": True, "exitStatus": 0}}
    result = {"accept": "identical", "tier": "identical", "accepted": True, "exit_status": 0,
              "delivered": [{"comparison": {"delivered": {"sha256": "1" * 64}}}]}
    return {"manifest.yaml": manifest, "journal.jsonl": journal(), "lock.yaml": b"lock\n",
            "result.json": json.dumps(result).encode(), "verdict.intoto.json": json.dumps(verdict).encode()}


def index(files, **kw):
    manifest_id = assay("manifest", "id", FULL).stdout.decode().split()[0].replace("sha256:", "")
    statement = {"_type": STATEMENT, "predicateType": "https://assay.example/bundle/v1",
                 "subject": [{"name": n, "digest": {"sha256": sha256(d)}} for n, d in sorted(files.items())],
                 "predicate": {"product": {}, "manifest": {"digest": {"sha256": manifest_id}},
                               "inputs": False}}
    for key, value in kw.items():
        statement[key] = value
    return statement


def bundle(files, keys=("lab",), change=None, **kw):
    statement = index(files, **kw)
    if change:
        change(statement)
    return {**files, "index.dsse.json": signed(json.dumps(statement).encode(), keys)}


def status(data, *options):
    return assay("bundle", "check", *options, write("b.tar", data))


def refused(what, data, wanted, words, *options):
    got = status(data, *options)
    check(f"{what}: refused", got.returncode == wanted and not got.stdout and
          words in got.stderr.decode(errors="replace"), got)


def archives(good):
    """Not as a bundle is written. All of these are tar files that tar(1) takes, or nearly."""
    files = sorted(good.items())
    plain = b"".join(member(n, d) for n, d in files)
    name, data = files[0]
    rest = b"".join(member(n, d) for n, d in files[1:])
    yield "empty", b"", "its end should be"
    yield "no end", plain, "its end should be"
    yield "half an end", plain + b"\0" * 512, "its end should be"
    yield "a byte behind the end", plain + END + b"\0", "its end should be"
    yield "a file behind the end", plain + END + member("x", b"y") + END, "its end should be"
    yield "blocks of 10240", plain + b"\0" * (-len(plain) % 10240 + 10240), "its end should be"
    yield "cut in a header", plain + member("zz", b"x")[:300], "cut short"
    yield "cut in a file", plain + member("zz", b"x" * 600)[:900], "cut short"
    yield "a name twice", plain + member(files[-1][0], b"x") + END, "out of order, or there twice"
    yield "out of order", plain + member("a", b"x") + END, "out of order"
    for what, words, kw in (
            ("a link", "not a header", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}),
            ("a hard link", "not a header", {"type": tarfile.LNKTYPE, "linkname": "lock.yaml"}),
            ("a folder", "empty part", {"type": tarfile.DIRTYPE}),
            ("a device", "not a header", {"type": tarfile.CHRTYPE}),
            ("a pax header", "not a header", {"type": tarfile.XHDTYPE}),
            ("a long name", "not a header", {"type": tarfile.GNUTYPE_LONGNAME}),
            ("a mode", "not a header", {"mode": 0o4755}), ("an owner", "not a header", {"uid": 1}),
            ("an owner's name", "not a header", {"uname": "root"}),
            ("a time", "not a header", {"mtime": 1})):
        yield what, member(name, data, **kw) + rest + END, words
    for bad in ("../x", "/x", "a//b", "a/./b", "./a", "x y", "x\ny", "\xe4", "a" * 100, ".."):
        yield f"name {bad[:9]!r}", plain + member(bad, b"x") + END, ""
    head = bytearray(member("zz", b"x"))
    head[345:350] = b"/etc/"
    yield "a prefix", plain + bytes(head) + END, "not a header"
    head = bytearray(member("zz", b"x"))
    head[124:136] = b"\x80" + b"\0" * 10 + b"\1"
    yield "a size in binary", plain + bytes(head) + END, "not a header"
    head = bytearray(member("zz", b"x"))
    head[124:136] = b"77777777777\0"
    yield "a huge size", plain + bytes(head) + END, "not a header"
    head = bytearray(member("zz", b"x"))
    head[148] ^= 1
    yield "a wrong sum", plain + bytes(head) + END, "not a header"
    head = bytearray(member("zz", b"x"))
    head[513 + 3] = 1
    yield "padding that is not zero", plain + bytes(head) + END, "other than zeros"


def test_archives():
    good = bundle(contents())
    got = status(tar(good))
    check("a good bundle", got.returncode == DONE and b"files      5" in got.stdout, got)
    for what, data, words in archives(good):
        refused(what, data, TROUBLE, words)
    many = b"".join(member(f"f{i:05}", b"") for i in range(4097)) + END
    refused("too many files", many, TROUBLE, "more than 4096")


def test_indexes():
    files = contents()
    good = bundle(files)
    other = dict(good, **{"lock.yaml": b"LOCK\n"})
    refused("a changed file", tar(other), TRUST, "lock.yaml is not the file")
    refused("a file more", tar(dict(good, more=b"x")), TRUST, "more is not in the index")
    refused("a file less", tar({n: d for n, d in good.items() if n != "lock.yaml"}), TRUST, "in the index")
    refused("the last file less", tar({n: d for n, d in good.items() if n != "verdict.intoto.json"}),
            TRUST, "verdict.intoto.json is in the index, and not in the bundle")
    refused("another name", tar({("lock.yamm" if n == "lock.yaml" else n): d for n, d in good.items()}),
            TRUST, "lock.yamm is not in the index")
    refused("no index", tar(files), TROUBLE, "has no index.dsse.json")

    def subjects(change):
        def changed(statement):
            change(statement["subject"])
        return tar(bundle(files, change=changed))
    refused("a subject twice", subjects(lambda s: s.append(s[-1])), TRUST, "in the index")
    refused("subjects in another order", subjects(lambda s: s.reverse()), TRUST, "is not in the index")
    refused("md5 alone", subjects(lambda s: s[0].update(digest={"md5": "1" * 32})), TROUBLE, "sha256")
    refused("no subjects", tar(bundle(files, subject=[])), TROUBLE, "subject")
    refused("another predicate", tar(bundle(files, predicateType="https://slsa.dev/provenance/v1")),
            TROUBLE, "not an index")
    refused("another manifest", tar(bundle(files, predicate={
        "manifest": {"digest": {"sha256": "1" * 64}}, "inputs": False})), TRUST, "not the manifest")
    refused("no manifest", tar(bundle({n: d for n, d in files.items() if n != "manifest.yaml"})),
            TROUBLE, "has no manifest.yaml")
    broken = dict(files, **{"journal.jsonl": files["journal.jsonl"].replace(b"begun", b"Begun")})
    refused("a changed journal under a good index", tar(bundle(broken)), TRUST, "journal.jsonl: record 2")
    text = json.dumps(index(files)).encode()
    for what, data, words in (
            ("not JSON", b"{", "index.dsse.json"), ("deep", b"[" * 100000, "index.dsse.json"),
            ("another type", signed(text, kind="text/plain"), "payloadType"),
            ("a key twice", b'{"payload":"","payload":"","payloadType":"x","signatures":[]}', "index"),
            ("trailing bytes", signed(text) + b"x", "index.dsse.json")):
        refused(f"an index: {what}", tar({**files, "index.dsse.json": data}), TROUBLE, words)


def test_contradictions():
    """Parts that say different things, under an index that has all of them as they are."""
    files = contents()
    said = json.loads(files["verdict.intoto.json"])
    summary = {**said, "predicateType": "https://slsa.dev/verification_summary/v1",
               "predicate": {"verificationResult": "PASSED"}}

    def changed(statement, **kw):
        return json.dumps({**statement, "predicate": {**statement["predicate"], **kw}}).encode()

    def put(**kw):
        return tar(bundle({**files, **{k.replace("__", "."): v for k, v in kw.items()}}))
    good = files["verdict.intoto.json"]
    got = status(put(verdict__dsse__json=signed(good), summary__intoto__json=json.dumps(summary).encode(),
                     summary__dsse__json=signed(json.dumps(summary).encode())))
    check("parts that agree", got.returncode == DONE, got)
    other = "signs another statement than is beside it"
    result = json.loads(files["result.json"])
    two = {**said, "subject": said["subject"] * 2}
    for text, words, data in (
            ("another verdict in the envelope", "verdict.dsse.json: " + other, put(
                verdict__dsse__json=signed(changed(said, tier="transplanted")))),
            ("the same in other bytes", "verdict.dsse.json: " + other, put(verdict__dsse__json=signed(good + b"\n"))),
            ("another provenance", "provenance.dsse.json: " + other, put(
                provenance__dsse__json=signed(good), provenance__intoto__json=good + b"\n")),
            ("a better tier", "verdict: does not say what result.json says", put(result__json=json.dumps(
                {**result, "tier": "repacked"}).encode())),
            ("not accepted", "verdict: does not say", put(result__json=json.dumps({**result, "accepted": False}).encode())),
            ("another status", "verdict: does not say", put(result__json=json.dumps({**result, "exit_status": 1}).encode())),
            ("another file", "verdict: does not say", put(result__json=json.dumps({**result, "delivered": [
                {"comparison": {"delivered": {"sha256": "2" * 64}}}]}).encode())),
            ("a file more", "verdict: does not say", put(verdict__intoto__json=json.dumps(two).encode())),
            ("a summary that passed what did not", "verdict: does not say", put(
                result__json=json.dumps({**result, "accepted": False}).encode(),
                summary__intoto__json=json.dumps(summary).encode())),
            ("a summary that failed", "summary: does not say what", put(
                summary__intoto__json=changed(summary, verificationResult="FAILED")))):
        refused(f"a contradiction: {text}", data, TRUST, words)


def test_signers():
    files = contents()
    write("p.yaml", """schema: assay.policy/1
verdict: {accept: identical, rules: [any]}
required: {owners: 1, performers: 1, checkers: 0, rebuilds: 1}
signers:
  - {owner: Lab, role: performer, file: lab.pub}
  - {owner: Watcher, role: witness, file: watcher.pub}
""")
    got = status(tar(bundle(files)), "--policy", "p.yaml")
    check("a performer signed", got.returncode == DONE and b"signed by  Lab (performer)" in got.stdout, got)
    refused("nobody signed", tar(bundle(files, keys=())), TRUST, "no good signature", "--policy", "p.yaml")
    refused("a stranger signed", tar(bundle(files, keys=("stranger",))), TRUST, "no good signature",
            "--policy", "p.yaml")
    refused("a witness signed", tar(bundle(files, keys=("watcher",))), TRUST, "no good signature",
            "--policy", "p.yaml")
    swapped = bundle(files)
    one = json.loads(swapped["index.dsse.json"])
    two = json.loads(signed(json.dumps(index(files, more=1)).encode()))
    one["signatures"] = two["signatures"]
    swapped["index.dsse.json"] = json.dumps(one).encode()
    refused("a signature of something else", tar(swapped), TRUST, "no good signature", "--policy", "p.yaml")


def script(data, key="lab.pub"):
    return run("sh", SCRIPT, write("b.tar", data), key)


def test_script():
    files = contents()
    good = bundle(files)
    got = script(tar(good))
    check("the script: a good bundle", got.returncode == 0 and
          got.stdout.split() == [b"EQUIVALENT", b"identical", b"1" * 64], got)
    got = script(tar(bundle(files, keys=("stranger", "lab"))))
    check("the script: a second signature", got.returncode == 0, got)
    write("unsigned.tar", tar(bundle(files, keys=())))
    for kind in KEYS:
        new_key(kind, kind)
        shutil.copy("unsigned.tar", "signed.tar")
        assay("bundle", "sign", "--key", kind + ".key", "signed.tar")
        got = script(read("signed.tar"), kind + ".pub")
        check(f"the script: a key of type {kind}", got.returncode == 0, got)
        new_key("other", kind)
        got = script(read("signed.tar"), "other.pub")
        check(f"the script: another key of type {kind}", got.returncode != 0 and not got.stdout and
              b"no good signature" in got.stderr, got)
    index_text = json.dumps(index(files)).encode()
    pkcs1 = openssl("dgst", "-sha256", "-sign", "rsa.key", write("message", pae(index_text)))
    got = script(tar({**files, "index.dsse.json": json.dumps({
        "payload": b64(index_text), "payloadType": TYPE, "signatures": [{"sig": b64(pkcs1)}]}).encode()}), "rsa.pub")
    check("the script: RSA with the older padding", got.returncode != 0 and b"no good signature" in got.stderr, got)
    plain = b"".join(member(n, d) for n, d in sorted(good.items()))
    for what, data, words in (
            ("another key", tar(bundle(files, keys=("stranger",))), "no good signature"),
            ("no signature", tar(bundle(files, keys=())), "no good signature"),
            ("a changed file", tar(dict(good, **{"lock.yaml": b"LOCK\n"})), "not those of the index"),
            ("a file more", tar(dict(good, more=b"x")), "not those of the index"),
            ("a file less", tar({n: d for n, d in good.items() if n != "lock.yaml"}), "not those"),
            ("a name twice", plain + member("verdict.intoto.json", b"{}") + END, "twice"),
            ("a link", plain + member("zz", b"", type=tarfile.SYMTYPE, linkname="x") + END, "more than files"),
            ("a changed journal", tar(bundle(dict(files, **{
                "journal.jsonl": files["journal.jsonl"].replace(b"begun", b"Begun")}))), "journal"),
            ("another predicate", tar(bundle(files, predicateType="https://slsa.dev/provenance/v1")),
             "not an index"), ("no tar file", b"x" * 2000, "tar")):
        got = script(data)
        check(f"the script: {what}: refused", got.returncode != 0 and not got.stdout and
              words in got.stderr.decode(), got)
    check("the script has 30 lines", len(read(SCRIPT).splitlines()) <= 30)


if __name__ == "__main__":
    with in_folder():
        if needs("openssl", "openssl") and needs("jq", "jq"):
            for who in ("lab", "stranger", "watcher"):
                new_key(who, "ed25519")
            for test in (test_archives, test_indexes, test_contradictions, test_signers, test_script):
                test()
    finish()
