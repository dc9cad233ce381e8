#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""assay check: what is proved, and everything that is not. Envelopes are made here and signed by
the openssl command, so that what is accepted is what other people's tools make."""
import ctypes
import struct

from evidence import *  # noqa: F403

NOW = ["--at", "2026-11-25T00:00:00Z"]
FIRMWARE = b"firmware"
SIGNERS = [("A", "performer", "a.pub"), ("B", "performer", "b.pub"), ("A", "performer", "a2.pub"),
           ("C", "checker", "c.pub"), ("A", "checker", "ac.pub"), ("W", "witness", "w.pub"),
           ("R", "revoker", "r.pub")]


def keys():
    for name in ("a", "b", "a2", "c", "ac", "w", "r", "stranger"):
        new_key(name, "ed25519")
    write("fw.bin", FIRMWARE)


def ask(envelopes, policy_text=None, options=(), update="fw.bin"):
    """Run check with these envelopes in a folder. Return: (status, answer as JSON, process)."""
    shutil.rmtree("evidence", ignore_errors=True)
    os.mkdir("evidence")
    for i, text in enumerate(envelopes):
        write(f"evidence/{i}.dsse.json", text)
    write("policy.yaml", policy_text or policy(SIGNERS))
    got = assay("check", "--policy", "policy.yaml", "--evidence", "evidence", "--json", "answer.json",
                *NOW, *options, update)
    answer = json.loads(read("answer.json")) if os.path.exists("answer.json") else {}
    if os.path.exists("answer.json"):
        os.remove("answer.json")
    return got.returncode, answer, got


def proved(text, envelopes, *args, **kw):
    status, answer, got = ask(envelopes, *args, **kw)
    check(f"proved: {text}", status == DONE and answer["proved"] and
          answer["answer"].startswith("proved: "), got)
    return answer


def not_proved(text, status, pattern, envelopes, *args, **kw):
    """pattern: in the reason of some envelope, or in the answer."""
    got_status, answer, got = ask(envelopes, *args, **kw)
    reasons = [answer.get("answer", "")] + [e.get("why", "") for e in answer.get("evidence", [])]
    check(f"not proved: {text}", got_status == status and not answer.get("proved") and
          not answer.get("answer", "").startswith("proved") and any(pattern in r for r in reasons),
          f"{got}\n{answer}")


def good():
    one = envelope(verdict(), "a", "b")
    answer = proved("one verdict with two performers", [one])
    check("both are named", answer["owners"] == ["A", "B"] and answer["rebuilds"] == 1)
    two = [envelope(verdict(provenance="p1"), "a"), envelope(verdict(provenance="p2"), "b")]
    answer = proved("two verdicts by two performers", two, policy(SIGNERS, rebuilds=2))
    check("two rebuilds", answer["rebuilds"] == 2 and answer["tier"] == "identical")
    proved("performer and checker", [envelope(verdict(), "a", "c")], policy(SIGNERS, checkers=1))
    proved("with garbage beside it", [one, "garbage", "{}", envelope(verdict(), "stranger")])
    proved("a witness and a stranger do no harm", [envelope(verdict(), "a", "b", "w", "stranger")])
    proved("performer of the statement signed", [envelope(verdict(roles={"lab": "x:y", "performer": "A"}),
                                                          "a", "b")])
    proved("url-safe base64", [one.replace("+", "-").replace("/", "_") if False else safe(one)])
    env = json.loads(one)
    env["signatures"][0]["keyid"] = "a lie"
    env["more"] = {"deep": [1]}
    proved("keyid decides nothing, unknown fields neither", [json.dumps(env)])
    proved("rules that the policy takes", [envelope(verdict(rules=["elf/build-id@1"]), "a", "b")],
           policy(SIGNERS, rules="elf/build-id@1, elf/comment@1"))
    proved("an exclusion that the policy takes", [declared("mtd:art")],
           policy(SIGNERS, accept="normalised", more=", exclusions: ['mtd:art']"))
    proved("version, minimum and age", [one], policy(
        SIGNERS, product="name: router, version: 4.2.1, minimum: 4.2.0", more=", max_age: 30"))
    write("fw.bin.dsse.json", one)
    got = assay("check", "--policy", "policy.yaml", *NOW, "fw.bin")
    check("evidence beside the update", got.returncode == DONE and b"A (performer)" in got.stdout, got)
    try:
        import jsonschema
    except ImportError:
        result(not STRICT, "needs python3-jsonschema" + ("" if STRICT else " # SKIP"))
        return
    with open(os.path.join(os.environ["top_srcdir"], "verifier/schema/build-equivalence-v1.json")) as f:
        problems = list(jsonschema.Draft202012Validator(json.load(f)).iter_errors(verdict()))
    check("the verdicts of this test have the form of real ones", not problems, problems)


def safe(text):
    """The envelope with base64 in the other alphabet and without padding."""
    env = json.loads(text)
    change = str.maketrans("+/", "-_", "=")
    env["payload"] = env["payload"].translate(change)
    for s in env["signatures"]:
        s["sig"] = s["sig"].translate(change)
    return json.dumps(env)


def declared(path, **kw):
    said = verdict(verdict="EQUIVALENT_DECLARED", tier="normalised",
                   exclusions=[{"path": path, "size": 4, "reason": "calibration", **kw}])
    said["predicate"]["artefacts"][0]["bytes"].update(identical=4, excluded=4)
    return envelope(said, "a", "b")


def regions():
    """An exclusion that the policy takes in a region only."""
    def wanted(text):
        return policy(SIGNERS, accept="normalised", more=f", exclusions: ['{text}']")
    for text, allowed, kw in (("exactly that region", "mtd:art@100+4", {"offset": 100}),
                              ("less of it", "mtd:art@96+64", {"offset": 100}),
                              ("its end", "mtd:art@96+8", {"offset": 100}),
                              ("a path with a sign and numbers", "mtd:art@1+2@100+4", {"offset": 100})):
        proved(f"an exclusion: {text}", [declared("mtd:art@1+2" if "sign" in text else "mtd:art", **kw)],
               wanted(allowed))
    for text, allowed, path, kw in (
            ("a byte before", "mtd:art@100+4", "mtd:art", {"offset": 99}),
            ("a byte behind", "mtd:art@100+4", "mtd:art", {"offset": 101}),
            ("behind all of it", "mtd:art@0+4", "mtd:art", {"offset": 1 << 62}),
            ("a byte more", "mtd:art@100+4", "mtd:art", {"offset": 100, "size": 5}),
            ("no place", "mtd:art@100+4", "mtd:art", {}),
            ("a place below 0", "mtd:art@0+4", "mtd:art", {"offset": -1}),
            ("no size", "mtd:art@0+4", "mtd:art", {"offset": 0, "size": None}),
            ("a size in words", "mtd:art@0+4", "mtd:art", {"offset": 0, "size": "4"}),
            ("a path like the item", "mtd:art@0+4", "mtd:art@0+4", {"offset": 0}),
            ("another path", "mtd:art@0+4", "mtd:ar", {"offset": 0})):
        not_proved(f"an exclusion: {text}", TRUST, "excludes mtd:ar", [declared(path, **kw)], wanted(allowed))
    for text in ("a@0+0", "a@00+1", "a@0+99999999999999999999", "a@18446744073709551615+1"):
        write("policy.yaml", wanted(text))
        refused(f"an exclusion {text}", "not an offset and a size", "check", "--policy", "policy.yaml", "fw.bin")


def signatures():
    said = verdict()
    one = envelope(said, "a", "b")
    env = json.loads(one)

    def changed(**kw):
        return json.dumps({**env, **kw})

    flipped = json.loads(one)
    sig = bytearray(__import__("base64").b64decode(flipped["signatures"][0]["sig"]))
    sig[5] ^= 1
    flipped["signatures"][0]["sig"] = b64(bytes(sig))
    other = json.dumps({**said, "x": 1}).encode()
    for text, pattern, envelopes in (
            ("no evidence", "no evidence", []),
            ("no signature", "no good signature", [envelope(said)]),
            ("one signature", "1 of 2 owners", [envelope(said, "a")]),
            ("two by one key", "1 of 2 owners", [envelope(said, "a", "a")]),
            ("two keys of one owner", "1 of 2 owners", [envelope(said, "a", "a2")]),
            ("two roles of one owner", "1 of 2 owners", [envelope(said, "a", "ac")]),
            ("the same envelope twice", "1 of 2 owners", [envelope(said, "a")] * 2),
            ("performer and witness", "1 of 2 owners", [envelope(said, "a", "w")]),
            ("witnesses alone", "no good signature", [envelope(said, "w")]),
            ("performer and revoker", "1 of 2 owners", [envelope(said, "a", "r")]),
            ("checkers alone", "0 performers", [envelope(said, "c", "ac")]),
            ("strangers", "no good signature", [envelope(said, "stranger")]),
            ("another payload type", "payloadType", [changed(payloadType="text/plain")]),
            ("payload type in other case", "payloadType", [changed(payloadType=TYPE.upper())]),
            ("signed under another type", "no good signature",
             [changed(signatures=json.loads(envelope(said, "a", "b", kind="x"))["signatures"])]),
            ("another payload", "no good signature", [changed(payload=b64(other))]),
            ("signature over the payload alone", "no good signature", [changed(signatures=[
                {"sig": b64(openssl_sign("a", "ed25519", json.dumps(said).encode()))}])]),
            ("a flipped bit", "1 of 2 owners", [json.dumps(flipped)]),
            ("an empty signature", "no good signature", [changed(signatures=[{"sig": ""}])]),
            ("signatures is no list", "signatures: must be", [changed(signatures={})]),
            ("no signatures at all", "signatures: missing",
             [json.dumps({k: v for k, v in env.items() if k != "signatures"})]),
            ("too many signatures", "more than 64", [changed(signatures=env["signatures"] * 33)]),
            ("a mixture of alphabets", "payload: base64", [changed(payload=env["payload"] + "-_+/")]),
            ("base64 with a line end", "payload: base64", [changed(payload=env["payload"] + "\n")]),
            ("a duplicate key", "duplicate", [one[:-1] + ', "payload": "eA=="}']),
            ("trailing bytes", "JSON", [one + one]),
            ("nothing", "JSON", [""]),
            ("deep", "nested", ["{\"a\":" * 100 + "1" + "}" * 100]),
            ("huge", "not an envelope", ["[" + "1," * (9 << 20) + "1]"]),
            ("performer of the statement is another", "performer who did not sign",
             [envelope(verdict(roles={"lab": "x:y", "performer": "B"}), "a", "c")])):
        not_proved(text, TRUST, pattern, envelopes)
    want_checker = policy(SIGNERS, checkers=1)
    not_proved("no checker", TRUST, "0 checkers", [envelope(said, "a", "b")], want_checker)
    not_proved("performer checks himself", TRUST, "same owner", [envelope(said, "a", "ac")],
               policy(SIGNERS, owners=1, checkers=1))
    not_proved("the checker checked another verdict", TRUST, "0 checkers",
               [envelope(verdict(provenance="p1"), "a"), envelope(verdict(provenance="p2"), "c")],
               want_checker)
    for text, envelopes in (
            ("one rebuild signed by two", [envelope(said, "a", "b")]),
            ("one rebuild told twice", [envelope(said, "a"), envelope(verdict(findingsLeftOut=1), "b")]),
            ("two rebuilds by one owner", [envelope(verdict(provenance="p1"), "a", "b"),
                                           envelope(verdict(provenance="p1"), "a2", "b")]),
            ("no provenance", [envelope(verdict(rebuilds=[]), "a"),
                               envelope(verdict(rebuilds=None), "b")])):
        not_proved(text, TRUST, "of 2 rebuilds", envelopes, policy(SIGNERS, rebuilds=2))


def statements():
    """Well signed, and yet not what proves this file."""
    two = ("a", "b")

    def with_subject(digest):
        said = verdict()
        said["subject"][0]["digest"] = digest
        return envelope(said, *two)

    def with_bytes(**kw):
        said = verdict()
        said["predicate"]["artefacts"][0]["bytes"].update(kw)
        return envelope(said, *two)

    def twice(**kw):
        said = verdict()
        entries = said["predicate"]["artefacts"]
        entries.append(json.loads(json.dumps(entries[0])))
        entries[1]["bytes"].update(kw)
        return envelope(said, *two)

    def excluded_at(tier):
        said = verdict(verdict="EQUIVALENT_DECLARED", tier=tier)
        said["predicate"]["artefacts"][0]["bytes"].update(identical=4, excluded=4)
        return envelope(said, *two)

    md5 = {"md5": hashlib.md5(FIRMWARE).hexdigest()}
    swapped = verdict()
    swapped["subject"] = verdict(b"other")["subject"]
    for text, status, pattern, env in (
            ("a verdict on another file", TRUST, "about another file", envelope(verdict(b"other"), *two)),
            ("a swapped subject", TRUST, "about another file", envelope(swapped, *two)),
            ("subject swapped the other way", TRUST, "says nothing about its subject", envelope(
                {**verdict(b"other"), "subject": verdict()["subject"]}, *two)),
            ("an md5 alone", TRUST, "other digests", with_subject(md5)),
            ("an empty digest", TRUST, "digest: is empty", with_subject({})),
            ("a digest in upper case", TRUST, "64 hexadecimal", with_subject(
                {"sha256": sha256(FIRMWARE).upper()})),
            ("half a digest", TRUST, "64 hexadecimal", with_subject({"sha256": sha256(FIRMWARE)[:32]})),
            ("another predicate", TRUST, "not a verdict", envelope(
                {**verdict(), "predicateType": "https://slsa.dev/provenance/v1"}, *two)),
            ("an older statement", TRUST, "_type", envelope(
                {**verdict(), "_type": "https://in-toto.io/Statement/v0.1"}, *two)),
            ("a key twice in the payload", TRUST, "duplicate", envelope(None, *two, payload=json.dumps(
                verdict()).encode()[:-1] + b', "predicateType": "x"}')),
            ("bytes behind the payload", TRUST, "JSON", envelope(None, *two, payload=json.dumps(
                verdict()).encode() + b"{}")),
            ("no verdict in it", TRUST, "malformed", envelope(verdict(verdict=None), *two)),
            ("a verdict in words of its own", TRUST, "malformed", envelope(verdict(verdict="GREAT"), *two)),
            ("a tier that does not go with it", TRUST, "malformed", envelope(
                verdict(tier="different"), *two)),
            ("no tier", TRUST, "malformed", envelope(verdict(tier=None), *two)),
            ("no artefacts", TRUST, "says nothing", envelope(verdict(artefacts=None), *two)),
            ("no rules", TRUST, "rules: missing", envelope(verdict(rules=None), *two)),
            ("no exclusions", TRUST, "exclusions: missing", envelope(verdict(exclusions=None), *two)),
            ("bytes that do not add up", TRUST, "add up", with_bytes(total=9)),
            ("bytes below zero", TRUST, "malformed", with_bytes(identical=-1, normalised=9)),
            ("bytes beyond 64 bits", TRUST, "JSON", with_bytes(identical=1 << 70)),
            ("bytes at the end of 63 bits", TRUST, "malformed", with_bytes(
                identical=(1 << 63) - 1, normalised=(1 << 63) - 1)),
            ("bytes excluded in silence", TRUST, "does not say so", with_bytes(identical=4, excluded=4)),
            ("normalised bytes at tier identical", TRUST, "has normalised bytes, and the verdict says identical",
             with_bytes(identical=4, normalised=4)),
            ("excluded bytes at tier identical", TRUST, "has excluded bytes, and the verdict says identical",
             excluded_at("identical")),
            ("one good entry and one with unexplained bytes", DIFFERENT, "unexplained", twice(
                identical=4, unexplained=4)),
            ("unexplained bytes", DIFFERENT, "unexplained", with_bytes(identical=4, unexplained=4)),
            ("an exclusion that nobody allowed", TRUST, "excludes mtd:art", declared("mtd:art")),
            ("an exclusion without a path", TRUST, "excludes (no path)", declared(None)),
            ("another product", TRUST, "about product switch", envelope(
                verdict(product={"name": "switch", "version": "4.2.1"}), *two)),
            ("no product", TRUST, "about product", envelope(verdict(product=None), *two)),
            ("not equivalent", DIFFERENT, "not what the source makes", envelope(
                verdict(verdict="NOT_EQUIVALENT", tier="different"), *two)),
            ("inconclusive", INCONCLUSIVE, "no conclusion", envelope(
                verdict(verdict="INCONCLUSIVE", tier="inconclusive"), *two)),
            ("a worse tier", WORSE, "is repacked", envelope(verdict(tier="repacked"), *two))):
        not_proved(text, status, pattern, [env])
    good_one = envelope(verdict(), *two)
    bad = envelope(verdict(verdict="NOT_EQUIVALENT", tier="different"), "c")
    not_proved("two say yes, one says no", DIFFERENT, "one who is trusted", [good_one, bad])
    proved("a stranger who says no", [good_one, envelope(
        verdict(verdict="NOT_EQUIVALENT", tier="different"), "stranger")])
    proved("no about another file", [good_one, envelope(
        verdict(b"other", verdict="NOT_EQUIVALENT", tier="different"), "c")])
    not_proved("one changed byte of the update", TRUST, "about another file", [good_one],
               update=write("changed.bin", b"firmwarf"))
    not_proved("an update that is longer", TRUST, "about another file", [good_one],
               update=write("changed.bin", FIRMWARE + b"\0"))


def demands():
    one = envelope(verdict(), "a", "b")
    rules = envelope(verdict(rules=["elf/build-id@1", "elf/comment@2"]), "a", "b")
    for text, pattern, env, kw in (
            ("another version", "about version 4.2.1, not 4.2.2", one, {"product": "version: 4.2.2"}),
            ("a rollback", "a rollback", one, {"product": "minimum: 4.2.10"}),
            ("a rollback from rc", "a rollback", envelope(verdict(product={
                "name": "router", "version": "4.2.1~rc1"}), "a", "b"), {"product": "minimum: 4.2.1"}),
            ("no version", "a rollback", envelope(verdict(product={"name": "router"}), "a", "b"),
             {"product": "minimum: 4.2.1"}),
            ("a version with a letter before it", "has no order with 4.2.10", envelope(verdict(product={
                "name": "router", "version": "v4.2.1"}), "a", "b"), {"product": "minimum: 4.2.10"}),
            ("a rule of another version", "rule elf/comment@2", rules,
             {"rules": "elf/build-id@1, elf/comment@1"}),
            ("no rule at all", "rule elf/build-id@1", rules, {"rules": ""}),
            ("a rule that is no text", "(no text)", envelope(verdict(rules=[1]), "a", "b"), {"rules": ""}),
            ("too old", "is 23 days old", one, {"more": ", max_age: 20"}),
            ("of no time", "does not say when", envelope(verdict(run=None), "a", "b"),
             {"more": ", max_age: 20"}),
            ("of a time in words", "does not say when", envelope(verdict(run={"finishedOn": "today"}),
                                                                 "a", "b"), {"more": ", max_age: 20"}),
            ("of a time to come", "yet to come", envelope(verdict(run={
                "finishedOn": "2026-12-25T00:00:00Z"}), "a", "b"), {"more": ", max_age: 20"})):
        not_proved(text, TRUST, pattern, [env], policy(SIGNERS, **kw))


def revocations():
    one = envelope(verdict(), "a", "b")
    wanted = policy(SIGNERS, revocation="revocation: {minimum: 5}\n")
    statement_digest = sha256(json.dumps(verdict()).encode())
    key = sha256(openssl("pkey", "-pubin", "-in", "b.pub", "-outform", "DER"))

    def listed(*digests, signer="r", kind="application/vnd.assay.revocation+json", **changes):
        said = {"schema": "assay.revocation/1", "number": 7, "issued": "2026-11-01T00:00:00Z",
                "expires": "2026-12-01T00:00:00Z",
                "revoked": [{"sha256": d, "reason": "a recall"} for d in digests], **changes}
        data = json.dumps(said).encode()
        write("list", json.dumps({"payload": b64(data), "payloadType": kind, "signatures": [
            {"sig": b64(openssl_sign(signer, "ed25519", pae(data, kind)))}]}))
        return ["--revocations", "list"]

    proved("nothing is revoked", [one], wanted, options=listed())
    proved("something else is", [one], wanted, options=listed(sha256(b"other")))
    not_proved("no list", TRUST, "wants a revocation list", [one], wanted)
    not_proved("the file is revoked", TRUST, "revoked: a recall", [one], wanted,
               options=listed(sha256(FIRMWARE)))
    not_proved("the statement is", TRUST, "this statement was revoked: a recall", [one], wanted,
               options=listed(statement_digest))
    not_proved("a key is", TRUST, "1 of 2 owners", [one], wanted, options=listed(key))
    not_proved("a list that the policy did not ask for is heeded", TRUST, "revoked: a recall", [one],
               options=listed(sha256(FIRMWARE)))
    shutil.rmtree("evidence")
    write("evidence", one)
    write("policy.yaml", wanted)
    command = ["check", "--policy", "policy.yaml", "--evidence", "evidence", *NOW]
    for text, pattern, kw in (
            ("stale", "stale since 2026-11-25T00:00:00Z", {"expires": "2026-11-25T00:00:00Z"}),
            ("from the future", "yet to come", {"issued": "2026-11-25T00:00:01Z"}),
            ("an older number", "has number 4, the policy wants 5", {"number": 4}),
            ("a number below 0", "number", {"number": -1}),
            ("signed by a performer", "no signature by a key", {"signer": "a"}),
            ("signed by a stranger", "no signature by a key", {"signer": "stranger"}),
            ("a statement instead", "payloadType", {"kind": TYPE}),
            ("another schema", "schema", {"schema": "assay.revocation/2"}),
            ("no items", "revoked: missing", {"revoked": None}),
            ("an item without digest", "revoked[0]", {"revoked": [{"reason": "x"}]}),
            ("an item with an md5", "revoked[0]", {"revoked": [{"sha256": "0" * 32, "reason": "x"}]}),
            ("no time", "expires: missing", {"expires": None}),
            ("a time without zone", "expires", {"expires": "2026-12-01"})):
        if None in kw.values():
            name = next(iter(kw))
            options = listed()
            said = json.loads(__import__("base64").b64decode(json.loads(read("list"))["payload"]))
            del said[name]
            data = json.dumps(said).encode()
            kind = "application/vnd.assay.revocation+json"
            write("list", json.dumps({"payload": b64(data), "payloadType": kind, "signatures": [
                {"sig": b64(openssl_sign("r", "ed25519", pae(data, kind)))}]}))
        else:
            options = listed(**kw)
        refused(f"a revocation list: {text}", pattern, *command, *options, "fw.bin", status=TRUST)
    write("garbage", "x")
    refused("a revocation list: garbage", "cannot be used", *command, "--revocations", "garbage",
            "fw.bin", status=TRUST)
    os.remove("evidence")
    write("revoked.json", json.dumps({"schema": "assay.revocation/1", "number": 9, "revoked": [],
                                      "issued": "2026-11-01T00:00:00Z", "expires": "2027-01-01T00:00:00Z"}))
    got = assay("sign", "--key", "r.key", "--output", "revoked.dsse.json", "revoked.json")
    check("assay signs a revocation list", got.returncode == DONE and b"number     9" in got.stdout, got)
    proved("with that list", [one], wanted, options=["--revocations", "revoked.dsse.json"])


def policies():
    good_text = policy(SIGNERS)
    write("evidence.json", envelope(verdict(), "a", "b"))
    command = ["check", "--policy", "p.yaml", "--evidence", "evidence.json", *NOW, "fw.bin"]
    pem = "".join("      " + x + "\n" for x in read("a.pub").decode().splitlines())
    write("p.yaml", good_text.replace("file: a.pub}", "file: a.pub}").replace(
        "  - {owner: A, role: performer, file: a.pub}\n",
        "  - owner: A\n    role: performer\n    key: |\n" + pem))
    got = assay(*command)
    check("a key in the policy itself", got.returncode == DONE, got)
    for text, pattern, old, new in (
            ("a key twice", "signers[1]: the key of signers[0] once more", "b.pub", "a.pub"),
            ("a threshold that nobody reaches", "required.owners: more than the 3 owners", "owners: 2",
             "owners: 4"),
            ("too many performers", "required.performers: more than the 2", "performers: 1", "performers: 3"),
            ("too many checkers", "required.checkers: more than the 2", "checkers: 0", "checkers: 3"),
            ("no owner at all", "required.owners", "owners: 2", "owners: 0"),
            ("no performer", "required.performers", "performers: 1", "performers: 0"),
            ("no key", "either a key or a file", ", file: a.pub", ""),
            ("a key that is not there", "open ./none.pub", "a.pub", "none.pub"),
            ("a key that is none", "signers[0]: not a public key", "a.pub", "fw.bin"),
            ("another role", "role", "role: witness", "role: friend"),
            ("another tier", "accept", "accept: identical", "accept: different"),
            ("an unknown key", "signatures", "signers:", "signatures: []\nsigners:"),
            ("another schema", "schema", "policy/1", "policy/2"),
            ("a missing key", "rules: missing", ", rules: [any]", ""),
            ("revocation without revoker", "no signer has the role revoker", "  - {owner: R, role: revoker",
             "revocation: {minimum: 1}\n#")):
        changed = good_text.replace(old, new, 1)
        if text == "revocation without revoker":
            changed = good_text.split("  - {owner: R")[0] + "revocation: {minimum: 1}\n"
        assert changed != good_text, text
        write("p.yaml", changed)
        refused(f"a policy with {text}", pattern, *command)
    write("p.yaml", good_text)
    refused("no policy", "--policy", "check", "fw.bin")
    refused("no such policy", "none", "check", "--policy", "none", "fw.bin")
    refused("no such update", "none", *command[:-1], "none")
    refused("a folder as update", "not a regular file", *command[:-1], ".")
    refused("no such evidence", "none", "check", "--policy", "p.yaml", "--evidence", "none", "fw.bin")
    refused("a time that is none", "--at", "check", "--policy", "p.yaml", "--at", "now", "fw.bin")


def types():
    """What openssl signs with each type of key is good here; ECDSA as r and s too."""
    from_der = {"p256": 32, "p384": 48}
    for kind in KEYS:
        new_key("x-" + kind, kind)
        data = json.dumps(verdict()).encode()
        sig = openssl_sign("x-" + kind, kind, pae(data))
        signers = [("X", "performer", f"x-{kind}.pub")]
        text = json.dumps({"payload": b64(data), "payloadType": TYPE, "signatures": [{"sig": b64(sig)}]})
        proved(f"{kind}, signed by openssl", [text], policy(signers, owners=1))
        openssl("req", "-x509", "-new", "-key", f"x-{kind}.key", "-subj", "/CN=x", "-days", "1", "-out",
                f"x-{kind}.crt")
        proved(f"{kind}, with a certificate", [text],
               policy([("X", "performer", f"x-{kind}.crt")], owners=1))
        if kind not in from_der:
            continue
        half = from_der[kind]
        at, numbers = 2 + (sig[1] & 0x80 != 0) * (sig[1] & 0x7f), []
        for _ in range(2):
            length = sig[at + 1]
            numbers.append(int.from_bytes(sig[at + 2:at + 2 + length], "big").to_bytes(half, "big"))
            at += 2 + length
        for name, raw, good_one in (("r and s", numbers[0] + numbers[1], True),
                                    ("s and r", numbers[1] + numbers[0], False),
                                    ("zeros", bytes(2 * half), False)):
            env = json.dumps({"payload": b64(data), "payloadType": TYPE, "signatures": [{"sig": b64(raw)}]})
            if good_one:
                proved(f"{kind}: {name}", [env], policy(signers, owners=1))
            else:
                not_proved(f"{kind}: {name}", TRUST, "no good signature", [env], policy(signers, owners=1))
    env = json.loads(text)
    pkcs1 = openssl("dgst", "-sha256", "-sign", "x-rsa.key", write("message", pae(data)))
    env["signatures"] = [{"sig": b64(pkcs1)}]
    not_proved("RSA with the older padding", TRUST, "no good signature", [json.dumps(env)],
               policy([("X", "performer", "x-rsa.pub")], owners=1))


def summaries():
    """The verification summary, and what it may call itself."""
    ask([envelope(verdict(provenance="p1"), "a"), envelope(verdict(provenance="p2"), "b")],
        options=["--summary", "s.intoto.json", "--lab", "https://gate.example"])
    said = json.loads(read("s.intoto.json"))
    check("two rebuilds: reproduced", said["predicate"]["verifiedLevels"] == ["SLSA_BUILD_REPRODUCED"] and
          said["predicate"]["verificationResult"] == "PASSED", said)
    check("it is about the file", said["subject"][0]["digest"]["sha256"] == sha256(FIRMWARE))
    check("names all that it looked at", len(said["predicate"]["inputAttestations"]) == 2)
    check("and the policy", said["predicate"]["policy"]["digest"]["sha256"] == sha256(read("policy.yaml")))
    check("and who says so", said["predicate"]["verifier"]["id"] == "https://gate.example" and
          said["predicate"]["resourceUri"] == "pkg:generic/router@4.2.1", said)
    for text, envelopes, kw, level in (
            ("one rebuild", [envelope(verdict(), "a", "b")], {}, "ASSAY_BUILD_EQUIVALENT_IDENTICAL"),
            ("repacked", [envelope(verdict(provenance="p1", tier="repacked"), "a"),
                          envelope(verdict(provenance="p2", tier="repacked"), "b")],
             {"accept": "repacked"}, "ASSAY_BUILD_EQUIVALENT_REPACKED"),
            ("not proved", [envelope(verdict(), "a")], {}, "FAILED")):
        ask(envelopes, policy(SIGNERS, **kw), options=["--summary", "s.intoto.json"])
        predicate = json.loads(read("s.intoto.json"))["predicate"]
        check(f"{text}: {level}", predicate["verifiedLevels"] == [level] and
              predicate["verificationResult"] == ("FAILED" if level == "FAILED" else "PASSED"), predicate)


SOCKETS = [41, 53, 42, 49, 43, 288]  # x86-64: socket socketpair connect bind accept accept4


def no_sockets():
    """A seccomp filter that kills on the calls above. Source: linux/seccomp.h, linux/filter.h"""
    code = struct.pack("<HBBI", 0x20, 0, 0, 0)  # load the number of the call
    for i, number in enumerate(SOCKETS):
        code += struct.pack("<HBBI", 0x15, len(SOCKETS) - i, 0, number)
    code += struct.pack("<HBBI", 0x06, 0, 0, 0x7fff0000) + struct.pack("<HBBI", 0x06, 0, 0, 0x80000000)
    libc = ctypes.CDLL(None, use_errno=True)
    filters = ctypes.create_string_buffer(code)
    program = struct.pack("@HxxxxxxP", len(code) // 8, ctypes.addressof(filters))
    assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program, 0, 0) == 0


def offline():
    if os.uname().machine != "x86_64":
        result(True, "no sockets # SKIP the filter is written for x86-64")
        return
    write("evidence.json", envelope(verdict(), "a", "b"))
    write("policy.yaml", policy(SIGNERS))
    command = ["check", "--policy", "policy.yaml", "--evidence", "evidence.json", *NOW, "fw.bin"]
    killed = run(sys.executable, "-c", "import socket; socket.socket()", preexec_fn=no_sockets)
    check("the filter kills who opens a socket", killed.returncode == -31, killed)
    os.environ["ASAN_OPTIONS"] = "detect_leaks=0"  # it would look into a process that has a filter
    got = assay(*command, preexec_fn=no_sockets)
    check("no socket is opened", got.returncode == DONE, got)
    if not needs("bubblewrap", "bwrap"):
        return
    got = run("bwrap", "--ro-bind", "/", "/", "--unshare-all", "--clearenv", "--chdir", os.getcwd(), ASSAY,
              *command)
    if b"No permissions" in got.stderr or b"Operation not permitted" in got.stderr:
        result(not STRICT, "read-only, no HOME" + ("" if STRICT else " # SKIP no namespaces here"))
        return
    check("everything read-only, no HOME, no network", got.returncode == DONE, got)


if __name__ == "__main__":
    folder = in_folder()
    if needs("openssl", "openssl"):
        keys()
        for part in (good, regions, signatures, statements, demands, revocations, policies, types, summaries,
                     offline):
            part()
    finish()
