#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reference packs that must not be believed: each with the right status and the right words. And the
whole of a check without network, home, or anything to write to."""
from check import no_sockets
from packs import *  # noqa: F403

NEW = Release("4.2.1")


def ask(pack_text, policy_text=None, kind="dump", path="dump"):
    write("x.reference.dsse.json", pack_text)
    write("policy.yaml", policy_text or policy(SIGNERS, more=EXCLUSIONS))
    if os.path.exists("answer.json"):
        os.remove("answer.json")
    got = assay("check", "--policy", "policy.yaml", "--reference", "x.reference.dsse.json", "--as", kind, "--json",
                "answer.json", *NOW, path)
    return got.returncode, json.loads(read("answer.json")) if os.path.exists("answer.json") else {}, got


def not_believed(text, pattern, pack_text, policy_text=None):
    """The pack itself: status 9, and the update, which it is about, is not proved by it either."""
    for kind, path in (("dump", "dump"), ("update", NEW.name)):
        status, answer, got = ask(pack_text, policy_text, kind, path)
        why = answer.get("packs", [{}])[0].get("why", "")
        check(f"not believed: {text} ({kind})", status == TRUST and pattern in why and
              not answer["packs"][0]["believed"] and
              answer["answer"] == "not proved: there is no pack that counts", f"{got} {answer}")


def refused_pack(text, pattern, pack_text, policy_text=None, status=TRUST):
    """It is believed, and the policy does not take what it says."""
    got_status, answer, got = ask(pack_text, policy_text)
    check(f"not taken: {text}", got_status == status and pattern in answer.get("answer", "") and
          not answer["answer"].startswith("match"), f"{got} {answer}")


def signatures(payload):
    one = json.loads(envelope(None, "a", "b", payload=payload))

    def changed(**kw):
        return json.dumps({**one, **kw})
    flipped = bytearray(payload)
    flipped[flipped.index(b'"size":') + 7] ^= 1
    text = json.dumps(one)
    for what, pattern, pack_text in (
            ("not signed", "no good signature", envelope(None, payload=payload)),
            ("one signature", "signed by 1 owners, the policy wants 2", envelope(None, "a", payload=payload)),
            ("two by one key", "signed by 1 owners", envelope(None, "a", "a", payload=payload)),
            ("strangers", "no good signature", envelope(None, "stranger", payload=payload)),
            ("a revoker", "no good signature", envelope(None, "r", payload=payload)),
            ("a checker alone", "signed by 0 performers", envelope(None, "c", payload=payload)),
            ("another payload", "no good signature", changed(payload=b64(bytes(flipped)))),
            ("another payload type", "payloadType", changed(payloadType="text/plain")),
            ("trailing bytes", "JSON", text + text),
            ("a duplicate key", "duplicate", text[:-1] + ', "payload": "eA=="}'),
            ("garbage", "not an envelope", "garbage"),
            ("nothing", "not an envelope", ""),
            ("deep", "nested", "[" * 100 + "]" * 100),
            ("larger than 1 MiB", "more than 1 MiB", changed(more="x" * (1 << 20)))):
        not_believed(what, pattern, pack_text)
    demanding = policy(SIGNERS, more=EXCLUSIONS, checkers=1)
    not_believed("no checker, where verdicts need one", "signed by 0 checkers", text, demanding)


def contents(payload):
    said = json.loads(payload)

    def signed(change):
        copy = json.loads(payload)
        change(copy, copy["predicate"])
        return envelope(copy, "a", "b")

    def part(index, **kw):
        def change(_, predicate):
            for key, value in kw.items():
                target = predicate["layout"]["partitions"][index]
                *way, last = key.split("__")
                for step in way:
                    target = target[step]
                target[last] = value
        return signed(change)

    def put(**kw):
        return signed(lambda _, p: p.update(kw))

    def layout(**kw):
        return signed(lambda _, p: p["layout"].update(kw))

    def files(change):
        return signed(lambda _, p: change(p["trees"][0]["files"]))
    check("the sample has the parts that are changed here", len(said["predicate"]["layout"]["partitions"]) == 6)
    for what, pattern, pack_text in (
            ("another predicate", "not a reference pack", signed(lambda s, _: s.update(predicateType=VERDICT))),
            ("another subject", "its subject is not the update", signed(
                lambda s, _: s["subject"][0]["digest"].update(sha256="0" * 64))),
            ("two subjects", "its subject is not the update", signed(
                lambda s, _: s["subject"].append(s["subject"][0]))),
            ("a subject with an MD5 only", "its subject is not the update", signed(
                lambda s, _: s["subject"][0].update(digest={"md5": "0" * 32}))),
            ("another schema", "schema", put(schema="assay.reference/2")),
            ("no product", "product: name: missing", put(product={})),
            ("an empty version", "version: is empty", put(product={"name": "router", "version": ""})),
            ("an overlap", "partitions[1]: overlaps", part(1, offset=0)),
            ("past the end", "partitions[5]: size", part(5, size=SIZE)),
            ("an offset past the end", "partitions[5]: offset", part(5, offset=SIZE + 1)),
            ("an offset of 2^63", "partitions[0]: offset", part(0, offset=(1 << 63) - 1)),
            ("a negative offset", "partitions[0]: offset", part(0, offset=-1)),
            ("no size", "partitions[0]: size: is 0", part(0, size=0)),
            ("a name twice", "partitions[1]: a name twice", part(1, name="u-boot")),
            ("a content that is larger than its partition", "content: size", part(0, content__size=2 * ERASE + 1)),
            ("an empty content", "content: size: is 0", part(0, content__size=0)),
            ("a content without digest", "content: sha256", part(0, content__sha256="0" * 32)),
            ("blocks that do not add up", "content: blocks", part(0, content__blocks="00")),
            ("blocks of no size", "content: block: is 0", part(0, content__block=0)),
            ("excluded, with content", "excluded, and yet", part(0, exclude="because")),
            ("a partition without its digests", "filled", part(0, filled=[])),
            ("an erase block of 0", "erase: is 0", layout(erase=0)),
            ("a fill that is no byte", "fill[0]", layout(fill=[256])),
            ("pages that do not divide", "page: does not go", layout(page=2047, oob=64)),
            ("no partitions", "partitions: is empty", layout(partitions=[])),
            ("a memory of 2^60", "size: must be", layout(size=1 << 60)),
            ("a file twice", "is there twice", files(lambda f: f.append(f[0]))),
            ("a mode that is none", "mode", files(lambda f: f[0].update(mode="99"))),
            ("a file without digest", "sha256: missing", files(lambda f: f[1].pop("sha256"))),
            ("a path that does not show", "do not show", files(lambda f: f[0].update(path="a\u202eb"))),
            ("attributes that are no object", "attributes: must be", files(lambda f: f[0].update(attributes=[]))),
            ("an attribute that is no text", "attributes: not a name", files(lambda f: f[0].update(attributes={"a": 1}))),
            ("an attribute not in hexadecimal", "attributes: not", files(lambda f: f[0].update(attributes={"a": "x"}))),
            ("an attribute without a name", "attributes: not", files(lambda f: f[0].update(attributes={"": "00"}))),
            ("an attribute that does not show", "attributes: not", files(
                lambda f: f[0].update(attributes={"a\u202e": "00"}))),
            ("SHA-512 that are no object", "sha512: must be", put(sha512=[])),
            ("half a SHA-512", "sha512: not", put(sha512={"0" * 64: "0" * 64})),
            ("a SHA-512 of nothing", "sha512: not", put(sha512={"x": "0" * 128})),
            ("a tree without files", "files: is empty", files(lambda f: f.clear())),
            ("no list of evidence", "evidence: missing", signed(lambda _, p: p.pop("evidence"))),
            ("evidence without an envelope", "evidence[0]: no envelope", put(evidence=[{"name": "x"}]))):
        not_believed(what, pattern, pack_text)


def verdicts(payload):
    """The pack is signed by enough; the verdicts in it do not prove the update."""
    def with_evidence(*envelopes):
        copy = json.loads(payload)
        copy["predicate"]["evidence"] = [{"name": f"{i}", "envelope": json.loads(e)} for i, e in
                                         enumerate(envelopes)]
        return envelope(copy, "a", "b")
    different = verdict_of(NEW, verdict="NOT_EQUIVALENT", tier="different")
    inconclusive = verdict_of(NEW, verdict="INCONCLUSIVE", tier="inconclusive")
    for what, pattern, status, envelopes in (
            ("no verdict", "there is no evidence", TRUST, []),
            ("a verdict by one", "1 of 2 owners", TRUST, [envelope(verdict_of(NEW), "a")]),
            ("a verdict by strangers", "the signatures are not those", TRUST, [envelope(verdict_of(NEW), "stranger")]),
            ("a verdict about another file", "no verdict about this file", TRUST,
             [envelope(verdict_of(Release("4.2.2")), "a", "b")]),
            ("a verdict that says no", "one who is trusted says that it does not match", DIFFERENT,
             [envelope(verdict_of(NEW), "a", "b"), envelope(different, "a")]),
            ("no conclusion", "came to no conclusion", INCONCLUSIVE, [envelope(inconclusive, "a", "b")]),
            ("a worse tier", "at a worse tier", WORSE, [envelope(verdict_of(NEW, tier="repacked"), "a", "b")])):
        refused_pack(what, pattern, with_evidence(*envelopes), status=status)
    good = envelope(None, "a", "b", payload=payload)
    refused_pack("another product", "is about product router, not switch", good,
                 policy(SIGNERS, product="name: switch", more=EXCLUSIONS))
    refused_pack("a rollback", "a rollback", good,
                 policy(SIGNERS, product="name: router, minimum: 5.0", more=EXCLUSIONS))
    refused_pack("an exclusion of a partition", "excludes partition:art, 65536 bytes at 131072, which the policy does not allow", good,
                 policy(SIGNERS))
    refused_pack("an exclusion in a tree", "excludes tree:root/etc/config", good,
                 policy(SIGNERS, more=", exclusions: ['partition:art']"))
    refused_pack("an exclusion of a larger partition", "excludes partition:art, 65536 bytes at 131072, which", good,
                 policy(SIGNERS, more=EXCLUSIONS.replace(":art", ":art@131072+65535")))
    check("one of exactly that partition is taken", ask(good, policy(SIGNERS, more=EXCLUSIONS.replace(
        ":art", ":art@131072+65536")))[0] == DONE)
    check("and the sample itself is taken", ask(good)[0] == DONE)


def options():
    command = ["check", "--policy", "policy.yaml", "--reference", "x.reference.dsse.json", *NOW]
    refused("a dump without packs", "--reference", "check", "--policy", "policy.yaml", "--as", "dump", "dump")
    refused("another kind", "--as: update, dump", *command, "--as", "disk", "dump")
    refused("a summary of a dump", "--summary", *command, "--as", "dump", "--summary", "s", "dump")
    refused("evidence beside a pack", "--evidence", *command, "--evidence", ".", "dump")
    refused("no such pack", "none", "check", "--policy", "policy.yaml", "--reference", "none", "dump")
    refused("no such dump", "none", *command, "--as", "dump", "none")
    refused("a folder as dump", "not a regular file", *command, "--as", "dump", ".")
    refused("no such tree", "none", *command, "--as", "tree", "none")
    os.mkdir("empty")
    got = assay("check", "--policy", "policy.yaml", "--reference", "empty", "--as", "dump", *NOW, "dump")
    check("a folder without packs", got.returncode == TRUST and b"there is no pack that counts" in got.stdout, got)


def offline(payload):
    write("x.reference.dsse.json", envelope(None, "a", "b", payload=payload))
    write("policy.yaml", policy(SIGNERS, more=EXCLUSIONS))
    write("tree.tar", NEW.rootfs)
    write("list", sha256(NEW.kernel) + "  kernel-a\n")
    write("fleet", json.dumps({"device": "x", "hashes": {"kernel-a": sha256(NEW.kernel)}}) + "\n")
    command = ["check", "--policy", "policy.yaml", "--reference", "x.reference.dsse.json", *NOW, "--as"]
    os.environ["ASAN_OPTIONS"] = "detect_leaks=0"  # it would look into a process that has a filter
    for kind, path in (("update", NEW.name), ("dump", "dump"), ("tree", "tree.tar"), ("hashes", "list"),
                       ("fleet", "fleet")):
        if os.uname().machine == "x86_64":
            got = assay(*command, kind, path, preexec_fn=no_sockets)
            check(f"{kind}: no socket is opened", got.returncode == DONE, got)
        if not shutil.which("bwrap"):
            result(not STRICT, "needs bubblewrap" + ("" if STRICT else " # SKIP"))
            continue
        got = run("bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--unshare-all", "--clearenv",
                  "--chdir", os.getcwd(), ASSAY, *command, kind, path)
        if b"No permissions" in got.stderr or b"Operation not permitted" in got.stderr:
            result(not STRICT, "read-only, no HOME" + ("" if STRICT else " # SKIP no namespaces here"))
            continue
        check(f"{kind}: everything read-only, no HOME, no network", got.returncode == DONE, got)


if __name__ == "__main__":
    folder = in_folder()
    if needs("openssl", "openssl"):
        keys()
        write("dump", NEW.memory())
        sample = make_pack(NEW)
        for part in (signatures, contents, verdicts):
            part(sample)
        options()
        offline(sample)
    finish()
