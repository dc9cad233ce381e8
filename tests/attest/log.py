#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""assay log: trees, notes and proofs against a judge that is written here from the documents (RFC
6962, C2SP), signatures by the openssl command, and everything that must not be believed."""
import ctypes
import struct

from evidence import *  # noqa: F403

ORIGIN = "lab.example/verdicts"
DASH = "\u2014 "


def raw_public(name):
    return openssl("pkey", "-in", name + ".key", "-pubout", "-outform", "DER")[-32:]


def vkey(name, key, kind=1):
    public = bytes([kind]) + raw_public(key)
    key_id = hashlib.sha256(name.encode() + b"\n" + public).digest()[:4]
    return f"{name}+{key_id.hex()}+{b64(public)}", key_id


def cosignature(name, key, text, when):
    """A witness's line on a note."""
    message = f"cosignature/v1\ntime {when}\n".encode() + text
    signature = struct.pack(">Q", when) + openssl_sign(key, "ed25519", message)
    return f"{DASH}{name} {b64(vkey(name, key, 4)[1] + signature)}\n"


def leaf(data):
    return hashlib.sha256(b"\0" + data).digest()


def root(leaves):
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\1" + root(leaves[:half]) + root(leaves[half:])).digest()


def add(*files, log="log", key="log.key", origin=ORIGIN):
    return assay("log", "add", "--log", log, "--origin", origin, "--key", key, *files)


def believed(text, *argv):
    got = assay("log", "check", *argv)
    check(text, got.returncode == DONE and ORIGIN in got.stdout.decode(), got)


def entries(log="log"):
    """All entries from the bundles, as a reader of tlog-tiles finds them."""
    size = int(read(f"{log}/checkpoint").split(b"\n")[1])
    found = []
    for tile in range((size + 255) // 256):
        width = min(256, size - tile * 256)
        data = read(f"{log}/tile/entries/{tile:03d}" + (f".p/{width}" if width < 256 else ""))
        while data:
            length, = struct.unpack(">H", data[:2])
            found.append(data[2:2 + length])
            data = data[2 + length:]
    return found


def growing():
    wanted, checkpoints = [], []
    env = json.dumps({"payload": b64(b"{}"), "payloadType": "x", "signatures": []})
    write("verdict.dsse.json", env)
    files = [write(f"f{i}", f"file {i}\n") for i in range(300)]
    batches = [["verdict.dsse.json"], files[:1], files[1:5], files[5:260], files[260:]]
    for batch in batches:
        got = add(*batch)
        wanted += [b"statement sha256:%s\n" % sha256(b"{}").encode() if f == "verdict.dsse.json" else
                   b"file sha256:%s\n" % sha256(read(f)).encode() for f in batch]
        check(f"{len(wanted)} entries", got.returncode == DONE and
              got.stdout.decode().split() == ["entries", str(len(wanted))], got)
        text, signature = read("log/checkpoint").decode().rsplit("\n\n", 1)
        text += "\n"
        check("the checkpoint has the root of the definition", text ==
              f"{ORIGIN}\n{len(wanted)}\n{b64(root([leaf(e) for e in wanted]))}\n", text)
        check("the bundles have the entries", entries() == wanted)
        name, sig = signature.strip().removeprefix(DASH).split(" ")
        sig = __import__("base64").b64decode(sig)
        check("openssl verifies its signature", name == ORIGIN and sig[:4] == vkey(ORIGIN, "log")[1] and
              openssl_verifies("log.pub", "ed25519", text.encode(), sig[4:]))
        checkpoints.append(write(f"checkpoint.{len(wanted)}", read("log/checkpoint")))
    shown = assay("key", "show", "--note", ORIGIN, "log.key").stdout.decode().strip()
    check("the verifier key", shown == vkey(ORIGIN, "log")[0], shown)
    return checkpoints


def proofs(checkpoints):
    write("trust", f"# logs\nlog {vkey(ORIGIN, 'log')[0]}\nquorum none\n")
    for name in ("verdict.dsse.json", "f0", "f4", "f255", "f299"):
        got = assay("log", "prove", "--log", "log", name)
        write("proof", got.stdout)
        believed(f"{name} is in the log", "--trust", "trust", "--proof", "proof", name)
    proof = read("proof").decode()
    trust = ["--trust", "trust", "--proof"]
    env = json.loads(read("verdict.dsse.json"))
    env["signatures"].append({"sig": "AAAA"})
    write("more.dsse.json", json.dumps(env))
    write("proof.v", assay("log", "prove", "--log", "log", "more.dsse.json").stdout)
    believed("an envelope with one signature more is the same entry", *trust, "proof.v", "verdict.dsse.json")
    refused("what is not in the log", "is not in the log", "log", "prove", "--log", "log", "trust")
    lines = proof.split("\n")
    for text, pattern, changed, status in (
            ("another file's proof", "is not in the log at index 300", proof, TRUST),
            ("another index", "is not in the log at index 299", proof.replace("index 300", "index 299"), TRUST),
            ("an index beyond", "index 9999", proof.replace("index 300", "index 9999"), TRUST),
            ("a hash less", "is not in the log", "\n".join(lines[:2] + lines[3:]), TRUST),
            ("a hash more", "is not in the log", "\n".join(lines[:3] + lines[2:]), TRUST),
            ("a hash of others", "is not in the log", proof.replace(lines[2], b64(bytes(32))), TRUST),
            ("another root", "signature of lab.example/verdicts is bad",
             proof.replace(lines[lines.index("") + 3], b64(bytes(32))), TRUST),
            ("another size", "is bad", proof.replace("\n301\n", "\n302\n"), TRUST),
            ("no signature", "not a note", proof.split("\n" + DASH)[0], TROUBLE),
            ("another version", "does not begin", proof.replace("@v1", "@v2"), TROUBLE),
            ("no index", "no index", proof.replace("index", "Index"), TROUBLE),
            ("a hash that is none", "hash has 32 bytes", proof.replace(lines[2], "AAAA"), TROUBLE),
            ("nothing", "not a log proof", "", TROUBLE),
            ("a checkpoint alone", "not a log proof", read("log/checkpoint").decode(), TROUBLE)):
        write("bad", changed)
        refused(f"not believed: {text}", pattern, "log", "check", *trust, "bad",
                "f0" if text == "another file's proof" else "f299", status=status)
    for old in checkpoints:
        write("growth", assay("log", "prove", "--log", "log", "--since", old).stdout)
        believed(f"grown out of {old}", *trust, "growth", "--since", old)
    growth = read("growth").decode()
    write("growth", assay("log", "prove", "--log", "log", "--since", checkpoints[2]).stdout)
    growth = read("growth").decode()
    for text, changed, old in (("another old one", growth, checkpoints[1]),
                               ("another old size", growth.replace("old 6", "old 2"), checkpoints[2]),
                               ("a hash less", growth.replace(growth.split("\n")[1] + "\n", "", 1),
                                checkpoints[2])):
        write("bad", changed)
        refused(f"not believed, growth: {text}", "is not the old one", "log", "check", *trust, "bad",
                "--since", old, status=TRUST)
    write("bad", "".join(growth.partition("\n\n")[:2]) + read("log/checkpoint").decode().replace("\n301\n", "\n999\n"))
    refused("not believed, growth: another new one", "is bad", "log", "check", *trust, "bad", "--since",
            checkpoints[2], status=TRUST)


def witnesses():
    for name in ("w1", "w2", "w3", "other"):
        new_key(name, "ed25519")
    text = read("log/checkpoint").decode().split("\n\n")[0].encode() + b"\n"
    plain = assay("log", "prove", "--log", "log", "f7").stdout.decode()
    keys = {n: vkey(n, n, 4)[0] for n in ("w1", "w2", "w3")}
    policy_text = f"log {vkey(ORIGIN, 'log')[0]}\n" + "".join(
        f"witness {n} {k}\n" for n, k in keys.items()) + "group two 2 w1 w2 w3\n\nquorum two\n"
    write("trust2", policy_text)
    lines = {n: cosignature(n, n, text, 1764000000) for n in keys}
    unknown = cosignature("x", "other", text, 1764000000)
    bad = cosignature("w3", "w3", text + b"x", 1764000000)
    late = lines["w1"][:-2]

    def trial(proof):
        write("p", proof)
        return ["--trust", "trust2", "--proof", "p", "f7"]

    believed("two of three witnesses", *trial(plain + lines["w1"] + lines["w3"]))
    believed("and one that nobody knows", *trial(plain + unknown + lines["w2"] + lines["w3"]))
    for what, pattern, proof in (
            ("no witness", "not enough witnesses", plain),
            ("one witness", "not enough witnesses", plain + lines["w1"]),
            ("one witness twice", "not enough witnesses", plain + lines["w1"] * 2),
            ("one known, one unknown", "not enough witnesses", plain + lines["w1"] + unknown),
            ("one bad beside two good", "signature of w3 is bad", plain + lines["w1"] + lines["w2"] + bad),
            ("a log without its own signature", "not signed by a log",
             plain.split("\n" + DASH)[0] + "\n" + lines["w1"] + lines["w2"])):
        refused(f"not believed: {what}", pattern, "log", "check", *trial(proof), status=TRUST)
    refused("not believed: cut short", "not a note", "log", "check", *trial(plain + late))
    for what, pattern, changed in (
            ("no log", "names a log", policy_text.split("\n", 1)[1]),
            ("no quorum", "names a log and a quorum", policy_text.replace("quorum two\n", "")),
            ("two quorums", "line 8: a second quorum", policy_text + "quorum none\n"),
            ("a quorum of nobody", "line 7: a quorum", policy_text.replace("quorum two", "quorum three")),
            ("a threshold of 4", "line 5: a threshold", policy_text.replace("two 2", "two 4")),
            ("a threshold of 0", "line 5: a threshold", policy_text.replace("two 2", "two 0")),
            ("a member twice", "line 5: a member", policy_text.replace("w1 w2 w3", "w1 w2 w2")),
            ("a member of nowhere", "line 5: a member", policy_text.replace("w1 w2 w3", "w1 w2 w4")),
            ("one key under two names", "line 3: a key that is there", policy_text.replace(
                keys["w2"], keys["w1"])),
            ("one name twice", "line 3: a name", policy_text.replace("witness w2", "witness w1")),
            ("another key id", "its id is not", policy_text.replace("+" + keys["w2"].split("+", 2)[1],
                                                                 "+00000000")),
            ("an unknown word", "line 1: none of", "logs x\n"),
            ("no end", "the last line", policy_text[:-1])):
        write("bad", changed)
        write("p", plain)
        refused(f"a policy of witnesses with {what}", pattern, "log", "check", "--trust", "bad", "--proof",
                "p", "f7")


def demanded():
    """A policy of assay check that wants proofs."""
    new_key("a", "ed25519")
    write("fw.bin", b"firmware")
    write("v.dsse.json", envelope(verdict(), "a"))
    write("policy.yaml", policy([("A", "performer", "a.pub")], owners=1, revocation="log: {file: trust}\n"))
    ask = ["check", "--policy", "policy.yaml", "--evidence", "v.dsse.json", "--at", "2026-11-25T00:00:00Z",
           "fw.bin"]

    def answer(text, status, pattern):
        got = assay(*ask)
        check(f"demanded: {text}", got.returncode == status and pattern in got.stdout, got)

    answer("no proof", TRUST, b"has no proof of a log")
    add("v.dsse.json")
    proof = assay("log", "prove", "--log", "log", "v.dsse.json").stdout
    write("v.tlog-proof", proof)
    answer("a proof", DONE, b"proved")
    reported()
    write("v.tlog-proof", read("proof"))
    answer("the proof of another", TRUST, b"proof of a log: the entry is not in the log")
    write("v.tlog-proof", "x")
    answer("no proof but something", TRUST, b"not a log proof")
    write("v.tlog-proof", proof)
    write("policy.yaml", read("policy.yaml").decode().replace("trust}", "trust2}"))
    answer("a proof without witnesses", TRUST, b"not enough witnesses")
    write("policy.yaml", read("policy.yaml").decode().replace("trust2}", "fw.bin}"))
    refused("demanded: with a file that is none", "log.file: ", *ask)


def reported():
    """A report of a case needs a proof where a verdict does; one who says no needs none."""
    os.mkdir("case")
    for name in ("v.dsse.json", "v.tlog-proof"):
        shutil.copy(name, "case/" + name)
    write("p.yaml", read("policy.yaml").decode().replace("log:", "case:\n  - {kind: test, owners: 1}\nlog:"))

    def case(text, status, said, result=None):
        if result:
            write("case/t.dsse.json", envelope(statement(b"firmware", "https://in-toto.io/attestation/test-result/v0.1", {
                "result": result, "configuration": [], "assay_kind": "test",
                "assay_report": {"name": "r.pdf", "digest": {"sha256": sha256(b"report")}}}), "a"))
        got = assay("case", "--policy", "p.yaml", "--evidence", "case", "fw.bin")
        check(f"a report: {text}", got.returncode == status and said in got.stdout.decode(), got)
    case("no proof", TRUST, "does not count: has no proof of a log", "PASSED")
    case("says no without a proof", TRUST, "failed    test", "FAILED")
    case("the proof of the verdict", TRUST, "does not count: has no proof", "PASSED")
    shutil.copy("v.tlog-proof", "case/t.tlog-proof")
    case("another's proof", TRUST, "proof of a log: the entry is not in the log")
    add("case/t.dsse.json")
    write("case/t.tlog-proof", assay("log", "prove", "--log", "log", "case/t.dsse.json").stdout)
    case("a proof", DONE, "case      complete")


def not_appended():
    before = read("log/checkpoint")
    refused("another key", "not signed by this key", "log", "add", "--log", "log", "--origin", ORIGIN,
            "--key", "other.key", "f1", status=TRUST)
    refused("another name", "not signed by this key", "log", "add", "--log", "log", "--origin", "x", "--key",
            "log.key", "f1", status=TRUST)
    refused("no name", "--origin", "log", "add", "--log", "log", "--key", "log.key", "f1")
    refused("a name with a space", "neither spaces", "log", "add", "--log", "new", "--origin", "a b", "--key",
            "log.key", "f1")
    new_key("ec", "p256")
    refused("a key of another type", "Ed25519", "log", "add", "--log", "new", "--origin", "x", "--key",
            "ec.key", "f1")
    check("nothing was signed", read("log/checkpoint") == before and not os.path.exists("new/checkpoint"))
    shutil.copytree("log", "copy")
    for tile in ("copy/tile/1/000.p/1", "copy/tile/0/001.p/45"):
        data = bytearray(read(tile))
        data[10] ^= 1
        write(tile, bytes(data))
        refused(f"{tile} was changed: nothing is signed", "nothing was signed", "log", "add", "--log",
                "copy", "--origin", ORIGIN, "--key", "log.key", "f1", status=TRUST)
        data[10] ^= 1
        write(tile, bytes(data))
    check("the checkpoint is the old one", read("copy/checkpoint") == before)
    data = bytearray(read("copy/tile/0/000"))
    data[10] ^= 1
    write("copy/tile/0/000", bytes(data))
    refused("a proof that would not hold is not given", "the log is damaged", "log", "prove", "--log", "copy",
            "f1", status=TRUST)
    shutil.rmtree("copy")
    # A process that died after the tiles and before the checkpoint: the next one goes on.
    shutil.copytree("log", "copy")
    add("f1", "f2", log="copy")
    write("copy/checkpoint", before)
    got = add("f3", log="copy")
    check("what a process left that died does no harm", got.returncode == DONE and
          entries("copy")[-1] == b"file sha256:%s\n" % sha256(read("f3")).encode() and
          len(entries("copy")) == 302, got)
    refused("no log there", "No such file", "log", "prove", "--log", "none", "f1")
    refused("no folder named", "--log", "log", "prove", "f1")
    refused("neither a file nor --since", "wants either", "log", "prove", "--log", "log")


def opened_by(folder, action):
    """How many files below a folder are opened. Source: inotify(7)"""
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    for top, _, _ in os.walk(folder):
        assert libc.inotify_add_watch(fd, top.encode(), 0x20) >= 0  # IN_OPEN
    result = action()
    count = 0
    try:
        while data := os.read(fd, 1 << 16):
            while data:
                _, mask, _, length = struct.unpack("iIII", data[:16])
                count += not mask & 0x40000000  # IN_ISDIR
                data = data[16 + length:]
    except BlockingIOError:
        pass
    os.close(fd)
    return count, result


def logarithmic():
    """A proof opens as many files as a number has bits, not as many as there are bundles."""
    trust = ["--trust", "trust", "--proof", "proof"]
    for name in ("f0", "f1", "f2", "f3"):
        write(name, name)
    add("f0", *["f1"] * 255, "f2", *["f1"] * 1000, log="long")
    for _ in range(3):
        add(*["f1"] * 9000, "f3", log="long")
    runs = [(int(os.path.basename(top)), int(n)) for top, _, names in os.walk("long/index") for n in names]
    size = int(read("long/checkpoint").split(b"\n")[1])
    covered = sorted(b for level, number in runs for b in range(number << level, (number + 1) << level))
    check("the index has each full bundle once, in as few runs as there are bits", covered == list(
        range(size // 256)) and len(runs) == bin(size // 256).count("1"), (runs, size))
    for name in ("f0", "f2", "f3", "f1"):
        count, got = opened_by("long", lambda n=name: assay("log", "prove", "--log", "long", n))
        write("proof", got.stdout)
        believed(f"{name} is in a long log", *trust, name)
        check(f"{name}: {count} files of the log were opened", 3 <= count <= 32 and size // 256 > 100, got)
    first = read("proof").decode().split("\n")[1]
    check("the newest of equal entries is proved", first == f"index {size - 2}", first)
    for text, change in (("without an index", lambda path: os.remove(path)),
                         ("with an index cut short", lambda path: write(path, read(path)[:-16])),
                         ("with an index of zeros", lambda path: write(path, bytes(len(read(path))))),
                         ("with an index that leads elsewhere", lambda path: write(path, b"".join(
                             read(path)[i:i + 8] + struct.pack(">Q", 1 << 63) for i in range(0, len(read(path)), 16))))):
        shutil.copytree("long", "other.log")
        for level, number in runs:
            change(f"other.log/index/{level}/{number}")
        for name in ("f0", "f2"):
            write("proof", assay("log", "prove", "--log", "other.log", name).stdout)
            believed(f"{name} is in a log {text}", *trust, name)
        add("f3", *["f1"] * 300, log="other.log")
        shown = assay("log", "prove", "--log", "other.log", "f3")
        write("proof", shown.stdout)
        believed(f"a log {text} goes on", *trust, "f3")
        shutil.rmtree("other.log")
    refused("what is not in a long log", "is not in the log", "log", "prove", "--log", "long", "trust")


if __name__ == "__main__":
    folder = in_folder()
    if needs("openssl", "openssl"):
        new_key("log", "ed25519")
        proofs(growing())
        witnesses()
        not_appended()
        demanded()
        logarithmic()
    finish()
