#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""assay attach and assay case: other evidence about the same file, and what a policy still misses."""
from evidence import *  # noqa: F403

SIGNERS = [("A", "performer", "a.pub"), ("C", "checker", "c.pub"), ("W", "witness", "w.pub")]
TEST = "https://in-toto.io/attestation/test-result/v0.1"
TREE = sha256(b"tree")


def demands(*rows):
    return policy(SIGNERS, owners=1, revocation="case:\n" + "".join(
        f"  - {{kind: {k}, owners: {n}}}\n" for k, n in rows) if rows else "")


def attached(kind="penetration-test", result="PASSED", subject=b"firmware", **changes):
    predicate = {"result": result, "configuration": [], "assay_kind": kind,
                 "assay_report": {"name": "r.pdf", "digest": {"sha256": sha256(b"report")}}}
    predicate.update(changes)
    return statement(subject, TEST, predicate)


def review(tree=TREE):
    return {"_type": STATEMENT, "predicateType": "https://assay.example/source-review/v1",
            "subject": [{"name": "source tree", "digest": {"sha256": tree}}],
            "predicate": {"reviewer": "A", "scope": "all", "at": ".",
                          "list": {"digest": {"sha256": sha256(b"list")}}}}


def reviewed(agrees=True, tree=TREE):
    return verdict(source={"reviewed": agrees, "reviews": [{"at": ".", "tree": tree}]})


def ask(policy_text, *envelopes, options=()):
    shutil.rmtree("evidence", ignore_errors=True)
    os.mkdir("evidence")
    for i, text in enumerate(envelopes):
        write(f"evidence/{i}.dsse.json", text)
    write("p.yaml", policy_text)
    got = assay("case", "--policy", "p.yaml", "--evidence", "evidence", "--json", "answer.json", *options, "fw.bin")
    answer = json.loads(read("answer.json")) if got.returncode != TROUBLE else {}
    return got.returncode, answer, got


def case(text, status, standings, policy_text, *envelopes):
    found, answer, got = ask(policy_text, *envelopes)
    check(text, found == status and answer["exit_status"] == status and
          [d["standing"] for d in answer["demands"]] == standings and
          (b"complete\n" in got.stdout) and
          (b"case      complete\n" in got.stdout) == (status == DONE), got)
    return answer


def cases():
    good = envelope(reviewed(), "a")
    case("a verdict alone, nothing else demanded", DONE, [], policy(SIGNERS, owners=1), good)
    pen = demands(("penetration-test", 1))
    case("nothing there", TRUST, ["misses"], pen, good)
    case("no verdict", TRUST, ["has"], pen, envelope(attached(), "a"))
    answer = case("a test that passed", DONE, ["has"], pen, good, envelope(attached(), "c"))
    check("is shown", answer["evidence"][0]["owners"] == ["C"] and
          answer["evidence"][0]["subject"] == sha256(b"report"), answer)
    for text, said, signers in (
            ("of another kind", attached("document-review"), "a"),
            ("about another file", attached(subject=b"other"), "a"),
            ("signed by nobody", attached(), ""), ("signed by a stranger", attached(), "stranger"),
            ("signed by a witness", attached(), "w"), ("with a warning", attached(result="WARNED"), "a")):
        case(f"a test {text}", TRUST, ["misses"], pen, good, envelope(said, *signers.split()))
    for text, said in (("with another result", attached(result="GOOD")),
                       ("without a report", attached(assay_report={})),
                       ("without a kind", attached(assay_kind=3))):
        case(f"a test {text} is no evidence", TRUST, ["misses"], pen, good, envelope(said, "a"))
    failed = envelope(attached(result="FAILED"), "c")
    case("a test that failed", TRUST, ["failed"], pen, good, failed)
    case("one that failed outweighs one that passed", TRUST, ["failed"], pen, good, failed,
         envelope(attached(), "a"))
    case("a stranger's failure does not count", DONE, ["has"], pen, good, envelope(attached(), "a"),
         envelope(attached(result="FAILED"), "stranger"))
    two = demands(("penetration-test", 2))
    case("two owners wanted, one there", TRUST, ["misses"], two, good, envelope(attached(), "a"))
    case("one owner twice", TRUST, ["misses"], two, good, envelope(attached(), "a"),
         envelope(attached(assay_by="x"), "a"))
    case("two owners", DONE, ["has"], two, good, envelope(attached(), "a"),
         envelope(attached(assay_by="x"), "c"))
    both = demands(("source-review", 1), ("penetration-test", 1))
    case("a review and a test", DONE, ["has", "has"], both, good, envelope(review(), "c"),
         envelope(attached(), "a"))
    src = demands(("source-review", 1))
    case("a review that no verdict names", TRUST, ["misses"], src, envelope(verdict(), "a"),
         envelope(review(), "c"))
    case("a review of another tree", TRUST, ["misses"], src, good, envelope(review(sha256(b"x")), "c"))
    case("a review, named by a stranger's verdict", TRUST, ["misses"], src,
         envelope(reviewed(), "stranger"), envelope(verdict(), "a"), envelope(review(), "c"))
    case("sources that are not as reviewed", TRUST, ["misses"], src, envelope(reviewed(False), "a"),
         envelope(review(), "c"))
    case("different stays different", DIFFERENT, ["has"], pen, good,
         envelope(verdict(verdict="NOT_EQUIVALENT", tier="different"), "c"), envelope(attached(), "a"))
    for text, rows in (("a kind twice", (("x", 1), ("x", 1))), ("more owners than there are", (("x", 3),)),
                       ("no owners", (("x", 0),))):
        status, _, got = ask(demands(*rows), good)
        check(f"a policy with {text} is refused", status == TROUBLE, got)


def withdrawn():
    """A report that the revocation list has is no evidence, whatever it says."""
    text = policy([*SIGNERS, ("R", "revoker", "r.pub")], owners=1,
                  revocation="case:\n  - {kind: penetration-test, owners: 1}\n")
    good = envelope(verdict(), "a")

    def digest(env):
        return sha256(__import__("base64").b64decode(json.loads(env)["payload"]))
    for what, env, more, standing in (
            ("that passed", envelope(attached(), "c"), (), "misses"),
            ("that failed", envelope(attached(result="FAILED"), "c"), (envelope(attached(), "a"),), "has")):
        status, answer, got = ask(text, good, env, *more)
        check(f"a report {what}", [d["standing"] for d in answer["demands"]] !=
              [standing], got)
        write("list", revocation_list(digest(env), expires="2099-01-01T00:00:00Z"))
        status, answer, got = ask(text, good, env, *more, options=["--revocations", "list"])
        check(f"a report {what} and was revoked", [d["standing"] for d in answer["demands"]] == [standing] and
              b"does not count: was revoked: lost" in got.stdout, got)


def attaching():
    write("v.intoto.json", json.dumps(verdict()))
    write("report.pdf", b"report")
    write("plan.txt", b"plan")
    got = assay("attach", "--kind", "penetration-test", "--result", "PASSED", "--report", "report.pdf",
                "--plan", "plan.txt", "--by", "A", "-o", "t.intoto.json", "v.intoto.json")
    said = json.loads(read("t.intoto.json"))
    check("attach", got.returncode == DONE and said["predicateType"] == TEST and
          said["subject"] == verdict()["subject"], got)
    check("as in-toto has it", said["predicate"]["result"] == "PASSED" and
          said["predicate"]["configuration"] == [{"name": "plan.txt", "digest": {"sha256": sha256(b"plan")}}])
    check("the report's digest", said["predicate"]["assay_report"]["digest"]["sha256"] == sha256(b"report"))
    got = assay("sign", "--key", "c.key", "t.intoto.json")
    check("can be signed", got.returncode == DONE, got)
    case("and counts", DONE, ["has"], demands(("penetration-test", 1)), envelope(reviewed(), "a"),
         read("t.dsse.json").decode())
    write("v.dsse.json", envelope(verdict(), "a"))
    got = assay("attach", "--kind", "x", "--result", "FAILED", "--report", "report.pdf", "v.dsse.json")
    check("to an envelope as well", got.returncode == DONE and os.path.exists("x.intoto.json"), got)
    base = ["attach", "--kind", "x", "--result", "PASSED", "--report", "report.pdf"]
    refused("not a verdict", "not a verdict", *base, "t.intoto.json")
    refused("not a statement", "JSON", *base, "report.pdf")
    refused("no such result", "--result", "attach", "--kind", "x", "--result", "passed", "--report", "r", "v")
    refused("no such kind", "--kind", "attach", "--kind", "a b", "--result", "PASSED", "--report", "r", "v")
    refused("no report", "--report", "attach", "--kind", "x", "--result", "PASSED", "v.intoto.json")
    refused("a report that is not there", "no.pdf", "attach", "--kind", "x", "--result", "PASSED",
            "--report", "no.pdf", "v.intoto.json")


def amending():
    """A verdict that others amended still counts; one that its own signers amended does not."""
    no = dict(verdict="NOT_EQUIVALENT", tier="different")
    first = json.dumps(verdict(**no)).encode()

    def later(**changes):
        return verdict(supersedes={"digest": {"sha256": sha256(first)}, "reason": "r", "by": "A"}, **changes)
    pol = policy(SIGNERS, owners=1)
    said_no = envelope(None, "a", payload=first)
    case("a no", DIFFERENT, [], pol, said_no)
    case("a no and a yes", DIFFERENT, [], pol, said_no, envelope(verdict(), "a"))
    answer = case("a no that its signer amended", DONE, [], pol, said_no, envelope(later(), "a"))
    check("both are shown", [e["standing"] for e in answer["check"]["evidence"]] == ["amended", "counts"], answer)
    case("a no that somebody else amended", DIFFERENT, [], pol, said_no, envelope(later(), "c"))
    case("a no of two that one amended", DIFFERENT, [], pol, envelope(None, "a", "c", payload=first),
         envelope(later(), "a"))
    case("a no of two that both amended", DONE, [], pol, envelope(None, "a", "c", payload=first),
         envelope(later(), "a", "c"))
    case("amended by a stranger", DIFFERENT, [], pol, said_no, envelope(later(), "stranger"))
    case("amended by what is not trusted", DIFFERENT, [], policy(SIGNERS, owners=1, checkers=1), said_no,
         envelope(later(), "a"))
    yes = json.dumps(verdict()).encode()
    withdrawn = verdict(supersedes={"digest": {"sha256": sha256(yes)}}, verdict="INCONCLUSIVE", tier="inconclusive")
    case("a yes that was amended to nothing", INCONCLUSIVE, [], pol, envelope(None, "a", payload=yes),
         envelope(withdrawn, "a"))
    write("first.json", first)
    write("later.intoto.json", json.dumps(verdict()))
    amend = ["amend", "--reason", "a wrong file", "--by", "A"]
    got = assay(*amend, "-o", "amended.intoto.json", "first.json", "later.intoto.json")
    said = json.loads(read("amended.intoto.json"))["predicate"]["supersedes"] if got.returncode == DONE else {}
    check("assay amend", said.get("digest") == {"sha256": sha256(first)} and said["by"] == "A" and
          said["reason"] == "a wrong file" and "amendedOn" in said and read("first.json") == first, got)
    assay("sign", "--key", "a.key", "amended.intoto.json")
    case("what it makes counts", DONE, [], pol, said_no, read("amended.dsse.json").decode())
    refused("an output that is there", "is there already", *amend, "-o", "first.json", "first.json", "later.intoto.json")
    refused("no reason", "--reason", "amend", "--by", "A", "-o", "x", "first.json", "later.intoto.json")
    refused("nobody", "--by", "amend", "--reason", "r", "-o", "x", "first.json", "later.intoto.json")
    write("other.intoto.json", json.dumps(verdict(subject=b"other")))
    refused("other subjects", "same subjects", *amend, "-o", "x", "first.json", "other.intoto.json")
    write("kind.intoto.json", json.dumps(attached()))
    refused("another kind", "of one kind", *amend, "-o", "x", "first.json", "kind.intoto.json")


if __name__ == "__main__":
    with in_folder():
        if needs("openssl", "openssl"):
            for name in ("a", "c", "w", "r", "stranger"):
                new_key(name, "ed25519")
            write("fw.bin", b"firmware")
            cases()
            withdrawn()
            attaching()
            amending()
    finish()
