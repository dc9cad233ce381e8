#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""assay stamp, with the openssl command as authority, years ago: requests that it takes, tokens that it
verifies too, and what must not be believed."""
import time

from evidence import *  # noqa: F403

CONFIG = """
[ca]
default_ca = c
[c]
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = .
default_md = sha256
default_crl_days = {crl_days}
policy = p
[p]
commonName = supplied
[tsa_cert]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, {usage}
[ca_cert]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
[tsa]
default_tsa = t
[t]
serial = {cwd}/tsa.serial
signer_cert = {cwd}/{tsa}.crt
signer_key = {cwd}/{tsa}.key
signer_digest = sha256
certs = {cwd}/{ca}.crt
default_policy = 1.2.3.4
digests = sha256, sha512
"""


def at(when, *argv):
    day = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(when))
    got = run("faketime", "-f", day, "openssl", *argv, env={**os.environ, "TZ": "UTC"})
    if got.returncode != 0:
        raise RuntimeError(f"{when} {argv}: {got.stderr.decode()}")
    return got.stdout


def authority(name, when, days=730, usage="timeStamping", crl_days=30):
    """A CA and an authority below it, and the CRL of that day: NAME-ca.crt, NAME.crt, NAME.crl."""
    for file, text in (("index.txt", ""), ("index.txt.attr", ""), ("serial", "01"), ("crlnumber", "01"),
                       ("tsa.serial", "01")):
        write(file, text)
    write(name + ".cnf", CONFIG.format(cwd=os.getcwd(), tsa=name, ca=name + "-ca", usage=usage,
                                       crl_days=crl_days))
    new_key(name, "p256")
    new_key(name + "-ca", "p256")
    at(when, "req", "-x509", "-new", "-key", f"{name}-ca.key", "-subj", f"/CN={name} CA", "-days",
       str(days + 30), "-config", f"{name}.cnf", "-extensions", "ca_cert", "-out", f"{name}-ca.crt")
    at(when, "req", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}", "-out", f"{name}.csr")
    at(when, "ca", "-batch", "-config", f"{name}.cnf", "-cert", f"{name}-ca.crt", "-keyfile",
       f"{name}-ca.key", "-in", f"{name}.csr", "-days", str(days), "-extensions", "tsa_cert", "-notext",
       "-out", f"{name}.crt")
    crl(name, when, f"{name}.crl")


def crl(name, when, out):
    at(when, "ca", "-config", f"{name}.cnf", "-gencrl", "-cert", f"{name}-ca.crt", "-keyfile",
       f"{name}-ca.key", "-out", out)


def stamp(name, when, envelope_path, *crls):
    """Request, answer, attach. Return: the last process"""
    assay("stamp", "request", "--output", "tsq", envelope_path)
    at(when, "ts", "-reply", "-config", f"{name}.cnf", "-section", "t", "-queryfile", "tsq", "-out", "tsr")
    return assay("stamp", "attach", "--response", "tsr", envelope_path, *crls)


def good(text, *wanted, authorities="old-ca.crt", path="v.json", options=()):
    got = assay("stamp", "check", "--authority", authorities, *options, path)
    check(text, got.returncode == DONE and all(w in got.stdout.decode() for w in wanted), got)


def bad(text, pattern, authorities="old-ca.crt", path="v.json", status=TRUST, options=()):
    refused(text, pattern, "stamp", "check", "--authority", authorities, *options, path, status=status)


THEN = 1400000000  # 2014-05-13T16:53:20Z


def honest():
    write("v.json", envelope(verdict(), "a"))
    got = assay("stamp", "request", "v.json")
    told = openssl("ts", "-query", "-in", "v.json.tsq", "-text").decode()
    check("openssl reads the request", got.returncode == DONE and "sha256" in told and
          "Certificate required: yes" in told, told)
    env = json.loads(read("v.json"))
    imprint = json.dumps({"payload": env["payload"], "payloadType": env["payloadType"],
                          "signatures": [s["sig"] for s in env["signatures"]], "timestamps": []},
                         sort_keys=True, separators=(",", ":"))
    write("imprint", imprint)
    at(THEN, "ts", "-reply", "-config", "old.cnf", "-section", "t", "-queryfile", "v.json.tsq", "-out", "tsr")
    got = run("openssl", "ts", "-verify", "-in", "tsr", "-data", "imprint", "-CAfile", "old-ca.crt",
              "-attime", str(THEN))
    check("openssl verifies the answer over the text of assay-stamp(1)", got.returncode == 0, got)
    got = assay("stamp", "attach", "--response", "tsr", "v.json", "old.crl")
    check("the answer is attached", got.returncode == DONE, got)
    got = run("openssl", "ts", "-verify", "-in", "tsr", "-data", "imprint", "-CAfile", "old-ca.crt")
    check("openssl does not take it today", got.returncode != 0, got)
    good("it is good as of its time, twelve years later", "2014-05-13T16:53:20Z, 1 signatures",
         "ran out on 2016")
    check("the envelope proves what it proved", proves("v.json"))
    shutil.copy("v.json", "once.json")
    got = stamp("new", 1700000000, "v.json", "new.crl")
    write("both.crt", read("old-ca.crt") + read("new-ca.crt"))
    good("renewed by another authority", "stamp 2    2023-11-14", authorities="both.crt")
    shutil.copy("once.json", "der.json")
    write("crl.der", openssl("crl", "-in", "old.crl", "-outform", "DER"))
    env = json.loads(read("der.json"))
    del env["assay_timestamps"]
    write("der.json", json.dumps(env))
    stamp("old", THEN, "der.json", "crl.der")
    good("a CRL in DER", "2014", path="der.json")
    assay("sign", "--key", "b.key", "once.json")
    good("a signature that came later is not covered", "1 signatures", path="once.json")


def proves(path):
    write("policy.yaml", policy([("A", "performer", "a.pub")], owners=1))
    write("fw.bin", b"firmware")
    return assay("check", "--policy", "policy.yaml", "--evidence", path, "--at", "2026-11-25T00:00:00Z",
                 "fw.bin").returncode == DONE


def dishonest():
    bad("no authority that is believed", "time stamp 1: is not good", authorities="new-ca.crt")
    bad("the second not believed", "time stamp 2: is not good")
    bad("no certificates at all", "no certificate", authorities="fw.bin", status=TROUBLE)
    bad("an envelope without one", "has no time stamp", path=write("plain.json", envelope(verdict(), "a")))
    env = json.loads(read("v.json"))

    def changed(change):
        copy = json.loads(json.dumps(env))
        change(copy)
        return write("changed.json", json.dumps(copy))

    stamps = "assay_timestamps"
    other = json.loads(envelope(verdict(), "b"))["signatures"]
    for text, pattern, change in (
            ("another payload", "time stamp 1: is about something else",
             lambda e: e.update(payload=b64(b"{}"))),
            ("another signature", "is about something else", lambda e: e.update(signatures=other)),
            ("another type", "is about something else", lambda e: e.update(payloadType="x")),
            ("the first taken away", "is about something else", lambda e: e[stamps].pop(0)),
            ("in another order", "time stamp 1: is about something else", lambda e: e[stamps].reverse()),
            ("a CRL of the first taken away", "time stamp 1: has no CRL", lambda e: e[stamps][0].update(crls=[])),
            ("without CRLs, but then the second does not hold", "time stamp 2: is about something else",
             lambda e: e[stamps][0].update(crls=[])),
            ("the token of the other", "time stamp 1: is about something else",
             lambda e: e[stamps][0].update(token=e[stamps][1]["token"]))):
        options = ["--without-crls"] if text.startswith("without") else []
        bad(f"not believed: {text}", pattern, "both.crt", changed(change), options=options)
    for text, pattern, change in (
            ("covers nothing", "covers more", lambda e: e[stamps][0].update(signatures=0)),
            ("covers too much", "covers more", lambda e: e[stamps][0].update(signatures=9)),
            ("covers words", "signatures: must be", lambda e: e[stamps][0].update(signatures="1")),
            ("no token", "token: missing", lambda e: e[stamps][0].pop("token")),
            ("a token of other bytes", "token: is none", lambda e: e[stamps][0].update(token="AAAA")),
            ("a CRL of other bytes", "not a CRL", lambda e: e[stamps][0].update(crls=["AAAA"])),
            ("17 of them", "more than 16", lambda e: e.update({stamps: e[stamps] * 9}))):
        bad(f"malformed: {text}", pattern, "both.crt", changed(change), status=TROUBLE)
    token = bytearray(__import__("base64").b64decode(env[stamps][0]["token"]))
    token[-3] ^= 1  # in the signature
    bad("a token with a flipped bit", "time stamp 1: is not good", "both.crt",
        changed(lambda e: e[stamps][0].update(token=b64(bytes(token)))))
    write("again.json", envelope(verdict(provenance="p9"), "a"))
    refused("the answer to another request", "about something else", "stamp", "attach", "--response", "tsr",
            "again.json", status=TRUST)
    refused("an answer that is none", "not the answer", "stamp", "attach", "--response", "fw.bin", "again.json")
    refused("nothing to stamp", "no signature", "stamp", "request", write("none.json", envelope(verdict())))
    refused("no answer named", "--response", "stamp", "attach", "again.json")
    refused("no authority named", "--authority", "stamp", "check", "v.json")
    stamp("old", THEN, "again.json")
    bad("a time stamp without CRLs", "has no CRL of its time", path="again.json")
    good("which can be wanted", "2014", path="again.json", options=["--without-crls"])


def times():
    """What was revoked, stale or not yet valid then."""
    for text, when, crl_when in (("a CRL that was stale", THEN + 40 * 86400, THEN),
                                 ("a CRL that was yet to come", THEN, THEN + 86400)):
        authority("old2", THEN)
        crl("old2", crl_when, "c.crl")
        write("t.json", envelope(verdict(), "a"))
        stamp("old2", when, "t.json", "c.crl")
        bad(text, "is not good as of its own time: certificate verify error", "old2-ca.crt", "t.json")
    at(THEN, "ca", "-config", "old2.cnf", "-cert", "old2-ca.crt", "-keyfile", "old2-ca.key", "-revoke",
       "old2.crt")
    crl("old2", THEN, "c.crl")
    write("t.json", envelope(verdict(), "a"))
    stamp("old2", THEN + 60, "t.json", "c.crl")
    bad("an authority that was revoked then", "is not good", "old2-ca.crt", "t.json")
    authority("expired", THEN, days=10)
    crl("expired", THEN + 20 * 86400, "c.crl")
    write("t.json", envelope(verdict(), "a"))
    stamp("expired", THEN + 20 * 86400, "t.json", "c.crl")
    bad("an authority whose certificate had run out then", "is not good", "expired-ca.crt", "t.json")
    write("t.json", envelope(verdict(), "a"))
    authority("late", THEN)
    stamp("late", THEN + 86400, "t.json", "late.crl")
    stamp("late", THEN + 60, "t.json", "late.crl")
    bad("a second one older than the first", "older than the one it covers", "late-ca.crt", "t.json")
    authority("server", THEN, usage="timeStamping, serverAuth")
    write("t.json", envelope(verdict(), "a"))
    try:
        stamp("server", THEN, "t.json", "server.crl")
    except RuntimeError:  # openssl itself refuses to stamp with such a certificate
        check("a certificate for other purposes too cannot stamp", True)
        return
    bad("a certificate for other purposes too", "is not good", "server-ca.crt", "t.json")


def demanded():
    """A policy that wants time stamps."""
    wanted = policy([("A", "performer", "a.pub"), ("B", "performer", "b.pub")],
                    revocation="timestamps: {file: old-ca.crt}\n")
    write("policy.yaml", wanted)
    write("x.json", envelope(verdict(), "a", "b"))
    ask = ["check", "--policy", "policy.yaml", "--evidence", "x.json", "--at", "2026-11-25T00:00:00Z", "fw.bin"]
    got = assay(*ask)
    check("demanded, and there is none", got.returncode == TRUST and b"has no time stamp" in got.stdout, got)
    stamp("old", THEN, "x.json", "old.crl")
    got = assay(*ask)
    check("demanded, and there", got.returncode == DONE, got)
    write("policy.yaml", wanted.replace("old-ca", "new-ca"))
    got = assay(*ask)
    check("demanded of another authority", got.returncode == TRUST and b"is not good" in got.stdout, got)
    write("policy.yaml", wanted)
    write("x.json", envelope(verdict(), "a"))
    stamp("old", THEN, "x.json", "old.crl")
    assay("sign", "--key", "b.key", "x.json")
    got = assay(*ask)
    check("a signature that the stamp does not cover does not count", got.returncode == TRUST and
          b"1 of 2 owners" in got.stdout, got)
    write("x.json", envelope(verdict(verdict="NOT_EQUIVALENT", tier="different"), "a"))
    got = assay(*ask)
    check("who says no needs no stamp", got.returncode == DIFFERENT, got)
    write("policy.yaml", wanted.replace("old-ca.crt", "none"))
    refused("demanded with a file that is not there", "timestamps.file: open ./none", *ask)
    write("none", "")
    refused("demanded with an empty file", "timestamps.file: the file is empty", *ask)


def cases():
    """A policy that wants time stamps wants them of reports, too."""
    write("policy.yaml", policy([("A", "performer", "a.pub"), ("B", "performer", "b.pub")], owners=1,
                                revocation="timestamps: {file: old-ca.crt}\ncase:\n  - {kind: test, owners: 2}\n"))
    os.mkdir("case")
    write("case/v.dsse.json", envelope(verdict(), "a"))
    stamp("old", THEN, "case/v.dsse.json", "old.crl")

    def ask(text, status, standing, said):
        got = assay("case", "--policy", "policy.yaml", "--evidence", "case", "--json", "answer.json", "fw.bin")
        answer = json.loads(read("answer.json"))
        check(text, got.returncode == status and answer["demands"][0]["standing"] == standing and
              said in got.stdout.decode(), got)

    def report(result, *signers):
        return envelope(statement(b"firmware", "https://in-toto.io/attestation/test-result/v0.1", {
            "result": result, "configuration": [], "assay_kind": "test",
            "assay_report": {"name": "r.pdf", "digest": {"sha256": sha256(b"report")}}}), *signers)
    write("case/t.dsse.json", report("PASSED", "a", "b"))
    ask("a report without a time stamp", TRUST, "misses", "does not count: has no time stamp")
    write("case/t.dsse.json", report("FAILED", "b"))
    ask("a report that says no needs none", TRUST, "failed", "failed    test")
    write("case/t.dsse.json", report("PASSED", "a", "b"))
    stamp("old", THEN, "case/t.dsse.json")
    ask("a report with a time stamp without CRLs", TRUST, "misses", "has no CRL of its time")
    write("case/t.dsse.json", report("PASSED", "a", "b"))
    stamp("old", THEN, "case/t.dsse.json", "old.crl")
    ask("a report that was stamped", DONE, "has", "case      complete")
    write("case/t.dsse.json", report("PASSED", "a"))
    stamp("old", THEN, "case/t.dsse.json", "old.crl")
    assay("sign", "--key", "b.key", "case/t.dsse.json")
    ask("a signature that came later does not count", TRUST, "misses", "misses    test: 1 of 2")
    for text, when, status, said in (
            ("as of the day before the time stamp's, which a clock may be wrong by", "2014-05-12T16:53:20Z", DONE, "proved"),
            ("as of a time before it was stamped", "2014-05-12T16:53:19Z", TRUST, "of a time that is yet to come")):
        got = assay("check", "--policy", "policy.yaml", "--evidence", "case/v.dsse.json", "--at", when, "fw.bin")
        check(text, got.returncode == status and said in got.stdout.decode(), got)


def chains():
    """A certificate of a signer that ran out long ago was good when its signature was stamped."""
    new_key("ca", "p256")
    at(THEN - 86400, "req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=Signers", "-days", "400", "-out", "ca.crt")
    at(THEN - 86400, "req", "-new", "-key", "a.key", "-subj", "/CN=Lab A", "-out", "a.csr")
    at(THEN - 86400, "x509", "-req", "-in", "a.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days",
       "30", "-out", "a.crt")
    env = json.loads(envelope(verdict(), "a"))
    env["signatures"][0]["certificates"] = read("a.crt").decode()
    write("chain.json", json.dumps(env))
    write("fw.bin", b"firmware")
    plain = policy([], owners=1) + '  - {owner: A, role: performer, root: ca.crt, subject: "CN=Lab A"}\n'

    def ask(text):
        write("policy.yaml", text)
        return assay("check", "--policy", "policy.yaml", "--evidence", "chain.json", "--at",
                     "2026-11-25T00:00:00Z", "fw.bin")
    stamped = plain.replace("signers:", "timestamps: {file: old-ca.crt}\nsigners:")
    check("a chain that ran out, without a time stamp", ask(plain).returncode == TRUST)
    check("a chain that ran out, where one is wanted", ask(stamped).returncode == TRUST)
    got = stamp("old", THEN, "chain.json", "old.crl")
    check("it is stamped", got.returncode == DONE, got)
    got = ask(stamped)
    check("a chain is judged as of its time stamp", got.returncode == DONE, got)
    check("and as of now where the policy believes no time stamp", ask(plain).returncode == TRUST)
    for text, status, when, reason in (
            ("replaced years later", DONE, "200101", "superseded"), ("lost years later", TRUST, "200101", "keyCompromise"),
            ("replaced before the stamp", TRUST, "140101", "superseded")):
        crl_of("crls.pem", "ca", ("a.crt", when, reason))
        got = ask(stamped.replace("subject:", "crls: crls.pem, subject:"))
        check(f"a stamped signature whose certificate was {text}", got.returncode == status, got)
    env = json.loads(read("chain.json"))
    at(THEN + 60 * 86400, "x509", "-req", "-in", "a.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
       "-days", "30", "-out", "late.crt")
    env["signatures"][0]["certificates"] = read("late.crt").decode()
    write("chain.json", json.dumps(env))
    check("a certificate that was made later vouches for nothing", ask(stamped).returncode == TRUST)


if __name__ == "__main__":
    folder = in_folder()
    if needs("openssl", "openssl") and needs("faketime", "faketime"):
        for key in ("a", "b"):
            new_key(key, "ed25519")
        authority("new", 1700000000)
        authority("old", THEN)
        for part in (honest, dishonest, demanded, cases, times, chains):
            part()
    finish()
