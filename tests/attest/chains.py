#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signers whom certificates vouch for: made and checked by the openssl command, judged as of the time of
the signature."""
from evidence import *  # noqa: F403

FIRMWARE = b"firmware"


def issue(name, subject, ca=None, days=("20260101000000Z", "20270101000000Z"), ext="keyUsage=critical,digitalSignature",
          key=None):
    """A certificate NAME.crt for NAME.key by CA (itself when None), with dates."""
    if key is None:
        new_key(name, "ed25519" if ca else "p256")
        key = name
    write("ext", ext + "\n")
    openssl("req", "-new", "-key", key + ".key", "-subj", subject, "-out", "req")
    for f in ("index.txt", "index.txt.attr"):
        write(f, "")
    write("serial", sha256((name + subject).encode())[:16].upper())
    write("ca.cnf", "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\n"
          "policy=p\nunique_subject=no\n[p]\ncommonName=supplied\norganizationName=optional\n")
    signer = ["-selfsign", "-keyfile", key + ".key"] if ca is None else ["-cert", ca + ".crt", "-keyfile", ca + ".key"]
    openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-in", "req", "-out", name + ".crt", "-startdate", days[0],
            "-enddate", days[1], "-extfile", "ext", "-preserveDN", *signer)


CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign"


def set_up():
    issue("root", "/CN=Root", ext=CA)
    issue("middle", "/CN=Middle", "root", ext=CA)
    issue("lab", "/O=Example/CN=Lab A", "middle")
    issue("other", "/O=Example/CN=Lab B", "middle")
    issue("foreign", "/CN=Root", ext=CA)
    issue("false", "/O=Example/CN=Lab A", "foreign")
    issue("old", "/O=Example/CN=Lab A", "middle", ("20200101000000Z", "20210101000000Z"))
    issue("web", "/O=Example/CN=Lab A", "middle", ext="extendedKeyUsage=serverAuth")
    issue("agree", "/O=Example/CN=Lab A", "middle", ext="keyUsage=critical,keyAgreement")
    issue("code", "/O=Example/CN=Lab A", "middle", ext="extendedKeyUsage=codeSigning")
    issue("twin", "/O=Example/CN=Lab B", "middle", key="lab")
    new_key("b", "ed25519")
    write("fw.bin", FIRMWARE)
    write("leaf.pem", read("lab.crt"))
    for name in ("lab", "other", "old", "web", "agree", "code"):
        write(name + ".pem", read(name + ".crt") + read("middle.crt"))
    write("twin.pem", read("twin.crt") + read("middle.crt"))
    write("false.pem", read("false.crt") + read("foreign.crt"))
    for text, at, good in (("lab", "1767225700", True), ("old", "1767225700", False), ("false", "1767225700", False)):
        write("x", read("middle.crt"))
        got = run("openssl", "verify", "-attime", at, "-CAfile", "root.crt", "-untrusted", "middle.crt", text + ".crt")
        check(f"openssl's opinion of {text}", (got.returncode == 0) == good, got)


def policy_of(more="", subject="CN=Lab A,O=Example", root="root.crt", owners=1, role="performer"):
    return (f"schema: assay.policy/1\nverdict: {{accept: identical, rules: [any]}}\nrequired: {{owners: {owners}, "
            f"performers: 1, checkers: 0, rebuilds: 1}}\n{more}signers:\n  - {{owner: A, role: {role}, root: {root}, "
            f"subject: \"{subject}\"}}\n")


def signed(*signers, chain=None):
    """An envelope with a signature and the chain of each."""
    env = json.loads(envelope(verdict(), *signers))
    for signature, name in zip(env["signatures"], signers):
        if os.path.exists((chain or name) + ".pem"):
            signature["certificates"] = read((chain or name) + ".pem").decode()
    return json.dumps(env)


def ask(env, policy_text=None, at="2026-11-25T00:00:00Z", options=()):
    write("e.dsse.json", env)
    write("policy.yaml", policy_text or policy_of())
    return assay("check", "--policy", "policy.yaml", "--evidence", "e.dsse.json", "--at", at, *options, "fw.bin")


def judged():
    got = ask(signed("lab"))
    check("a chain to the root", got.returncode == DONE and b"A (performer)" in got.stdout, got)
    check("for signing code", ask(signed("code")).returncode == DONE)
    for text, env, kw in (
            ("no certificates", envelope(verdict(), "lab"), {}),
            ("the certificate alone, without the one between", signed("lab", chain="leaf"), {}),
            ("another subject", signed("other"), {}),
            ("another root of the same name", signed("false"), {}),
            ("certificates of somebody else", signed("other", chain="lab"), {}),
            ("expired", signed("old"), {}),
            ("not valid yet", signed("lab"), {"at": "2025-12-31T23:59:59Z"}),
            ("valid no more", signed("lab"), {"at": "2027-01-01T00:00:01Z"}),
            ("for web servers", signed("web"), {}),
            ("not for signing", signed("agree"), {}),
            ("a subject that is longer", signed("lab"), {"policy_text": policy_of(subject="CN=Lab A")}),
            ("the root of others", signed("lab"), {"policy_text": policy_of(root="foreign.crt")}),
            ("certificates that are none", json.dumps({**json.loads(signed("lab")), "signatures": [
                {**json.loads(signed("lab"))["signatures"][0], "certificates": "garbage"}]}), {}),
            ("certificates that are no text", json.dumps({**json.loads(signed("lab")), "signatures": [
                {**json.loads(signed("lab"))["signatures"][0], "certificates": [1]}]}), {})):
        got = ask(env, **kw)
        check(f"not vouched for: {text}", got.returncode == TRUST and b"no good signature" in got.stdout, got)


def counted():
    both = policy_of(owners=2) + '  - {owner: B, role: performer, root: root.crt, subject: "CN=Lab B,O=Example"}\n'
    got = ask(signed("lab", "other"), both)
    check("two people under one root", got.returncode == DONE, got)
    env = json.loads(signed("lab", "lab"))
    env["signatures"][1]["certificates"] = read("twin.pem").decode()
    got = ask(json.dumps(env), both)
    check("two certificates of one key are one person", got.returncode == TRUST and b"1 of 2 owners" in got.stdout, got)
    openssl("pkey", "-in", "lab.key", "-pubout", "-out", "lab.pub")
    got = ask(signed("lab"), policy_of(owners=2) + "  - {owner: B, role: performer, file: lab.pub}\n")
    check("a key of the policy with a certificate is one person", got.returncode == TRUST and
          b"1 of 2 owners" in got.stdout, got)
    new_key("r", "ed25519")
    write("list", revocation_list(sha256(openssl("pkey", "-in", "lab.key", "-pubout", "-outform", "DER"))))
    wanted = policy_of() + "  - {owner: R, role: revoker, file: r.pub}\n"
    got = ask(signed("lab"), wanted, options=["--revocations", "list"])
    check("a revoked key, whoever vouches for it", got.returncode == TRUST and b"no good signature" in got.stdout, got)


def with_crls(text=None):
    return (text or policy_of()).replace("subject:", "crls: crls.pem, subject:")


def revoked():
    """What the CRLs of the policy have does not count, and nothing does without them."""
    root, middle = crl_of("r.crl", "root"), crl_of("m.crl", "middle")

    def status(lists, policy_text=None, **kw):
        write("crls.pem", b"".join(lists))
        return ask(signed("lab"), with_crls(policy_text), **kw)
    got = status([root, middle])
    check("CRLs that have nobody", got.returncode == DONE, got)
    got = run("openssl", "verify", "-crl_check_all", "-attime", "1795564800", "-CAfile", "root.crt", "-untrusted",
              "middle.crt", "-CRLfile", "crls.pem", "lab.crt")
    check("openssl says so, too", got.returncode == 0, got)
    other = crl_of("o.crl", "middle", ("other.crt", "260601", ""))
    check("one that has somebody else", status([root, other]).returncode == DONE)
    web = crl_of("w.crl", "middle", ("lab.crt", "270601", "superseded"))
    got = status([root, web])
    check("one that was replaced after the signature", got.returncode == DONE, got)
    forged = crl_of("f.crl", "foreign")
    scope = crl_of("s.crl", "middle", ext="issuingDistributionPoint=critical,@i\n[i]\nonlyCA=TRUE\n")
    for text, lists in (
            ("a CRL of the one between alone", [middle]),
            ("a CRL of the root alone", [root]),
            ("the certificate is revoked", [root, crl_of("x.crl", "middle", ("lab.crt", "260601", ""))]),
            ("replaced before the signature", [root, crl_of("x.crl", "middle", ("lab.crt", "260601", "superseded"))]),
            ("revoked later, for a lost key", [root, crl_of("x.crl", "middle", ("lab.crt", "270601", "keyCompromise"))]),
            ("revoked later, for no reason", [root, crl_of("x.crl", "middle", ("lab.crt", "270601", ""))]),
            ("on hold", [root, crl_of("x.crl", "middle", ("lab.crt", "270601", "certificateHold"))]),
            ("the one between is revoked", [crl_of("x.crl", "root", ("middle.crt", "260601", "CACompromise")), middle]),
            ("the CRL of another root of the same name", [forged, middle]),
            ("a CRL for other certificates", [root, scope])):
        got = status(lists)
        check(f"not vouched for: {text}", got.returncode == TRUST and b"no good signature" in got.stdout, got)
    for text, pattern, days in (("too old", "signers[0]: the CRL of CN=Middle is too old",
                                 ("20261001000000Z", "20261101000000Z")),
                                ("not valid yet", "CN=Middle is not valid yet",
                                 ("20261201000000Z", "20270101000000Z"))):
        write("crls.pem", root + crl_of("x.crl", "middle", days=days))
        refused(f"a CRL that is {text}: nothing is proved", pattern, "check", "--policy", "policy.yaml", "--evidence",
                "e.dsse.json", "--at", "2026-11-25T00:00:00Z", "fw.bin", status=TRUST)
    for text, pattern, lists, policy_text in (
            ("CRLs that are none", "no CRL in PEM", [read("root.crt")], None),
            ("CRLs that end in garbage", "no CRL in PEM", [root, b"-----BEGIN X509 CRL-----\nAAAA\n"], None),
            ("17 CRLs", "more than 16 CRLs", [root] * 17, None),
            ("CRLs of a key", "a root and a subject", [root],
             policy_of().replace('root: root.crt, subject: "CN=Lab A,O=Example"', "file: b.pub, crls: crls.pem"))):
        write("crls.pem", b"".join(lists))
        write("policy.yaml", policy_text or with_crls())
        refused(f"a policy with {text}", pattern, "check", "--policy", "policy.yaml", "--evidence", "e.dsse.json",
                "fw.bin")


def signing():
    write("v.intoto.json", json.dumps(verdict()))
    got = assay("sign", "--key", "lab.key", "--certificate", "lab.pem", "v.intoto.json")
    check("assay sign puts the chain beside the signature", got.returncode == DONE, got)
    got = ask(read("v.dsse.json").decode())
    check("and check takes it", got.returncode == DONE, got)
    write("w.intoto.json", json.dumps(verdict()))
    for text, chain in (("another key", "other.pem"), ("no certificate", "fw.bin"), ("a private key", "lab.key")):
        got = assay("sign", "--key", "lab.key", "--certificate", chain, "w.intoto.json")
        check(f"a chain of {text} is refused", got.returncode == TROUBLE and not os.path.exists("w.dsse.json"), got)


def policies():
    command = ["check", "--policy", "policy.yaml", "--evidence", "e.dsse.json", "fw.bin"]
    write("e.dsse.json", signed("lab"))
    for text, pattern, changed in (
            ("a root without a subject", "a root and a subject", policy_of().replace(', subject: "CN=Lab A,O=Example"', "")),
            ("a root and a file", "a root and a subject", policy_of().replace("root:", "file: b.pub, root:")),
            ("a revoker with a root", "a revoker has a key", policy_of() +
             '  - {owner: R, role: revoker, root: root.crt, subject: "CN=R"}\n'),
            ("a root that is none", "no certificate in PEM", policy_of(root="b.pub")),
            ("a root that is not there", "none.crt", policy_of(root="none.crt")),
            ("a person twice", "once more", policy_of() +
             '  - {owner: B, role: performer, root: root.crt, subject: "CN=Lab A,O=Example"}\n')):
        write("policy.yaml", changed)
        refused(f"a policy with {text}", pattern, *command)


if __name__ == "__main__":
    folder = in_folder()
    if needs("openssl", "openssl"):
        set_up()
        for part in (judged, counted, revoked, signing, policies):
            part()
    finish()
