#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""assay key and assay sign: keys that openssl makes and reads, signatures that openssl verifies,
passphrases from a file, a descriptor and a terminal, keys of a token."""
import pty
import select
import stat
import time

from evidence import *  # noqa: F403

MODULE = "/usr/lib/softhsm/libsofthsm2.so"


def id_of(public):
    return sha256(openssl("pkey", "-pubin", "-in", public, "-outform", "DER"))


def told_id(*argv):
    got = assay("key", "show", *argv)
    return dict(line.split(None, 1) for line in got.stdout.decode().splitlines()).get("id")


def keys_of_ours():
    for kind in KEYS:
        got = assay("key", "new", "--no-passphrase", "--type", kind, "our-" + kind)
        check(f"{kind}: a new pair", got.returncode == DONE, got)
        mode = stat.S_IMODE(os.stat(f"our-{kind}.key").st_mode)
        check(f"{kind}: only its owner reads the private key", mode == 0o600, oct(mode))
        public = openssl("pkey", "-in", f"our-{kind}.key", "-pubout")
        check(f"{kind}: openssl finds the same public key", public == read(f"our-{kind}.pub"))
        check(f"{kind}: the id is the digest of the DER", told_id(f"our-{kind}.pub") ==
              told_id(f"our-{kind}.key") == id_of(f"our-{kind}.pub"))
    shown = assay("key", "show", "--json", "-", "our-p256.key")
    check("--json has the public key", json.loads(shown.stdout)["public"] ==
          read("our-p256.pub").decode())
    before = read("our-p256.key")
    refused("a key is never overwritten", "is there already", "key", "new", "--no-passphrase", "our-p256")
    check("and still there", read("our-p256.key") == before)
    refused("an RSA key of 2048 bits is not made", "3072", "key", "new", "--no-passphrase", "--type",
            "rsa", "--bits", "2048", "short")
    refused("nor one of another type", "none of ed25519", "key", "new", "--type", "dsa", "x")
    check("nothing was left", not os.path.exists("short.key") and not os.path.exists("x.key"))


def keys_of_others():
    """What openssl makes in its older and newer forms can be used; what is too weak cannot."""
    for kind in KEYS:
        new_key("their-" + kind, kind)
        check(f"{kind}: a key by openssl", told_id(f"their-{kind}.key") == id_of(f"their-{kind}.pub"))
        openssl("req", "-x509", "-new", "-key", f"their-{kind}.key", "-subj", "/CN=lab", "-days", "1",
                "-out", f"their-{kind}.crt")
        check(f"{kind}: the key of a certificate", told_id(f"their-{kind}.crt") ==
              id_of(f"their-{kind}.pub"))
    openssl("rsa", "-in", "their-rsa.key", "-traditional", "-out", "old-rsa.key")
    openssl("ec", "-in", "their-p256.key", "-out", "old-ec.key")
    check("PKCS#1 and SEC 1 files", told_id("old-rsa.key") == id_of("their-rsa.pub") and
          told_id("old-ec.key") == id_of("their-p256.pub"))
    write("pw", "open sesame\n")
    openssl("pkcs8", "-topk8", "-v2", "aes256", "-in", "their-p384.key", "-passout", "file:pw", "-out",
            "encrypted.key")
    check("an encrypted file by openssl", told_id("--passphrase-file", "pw", "encrypted.key") ==
          id_of("their-p384.pub"))
    for name, argv, pattern in (
            ("RSA of 2048 bits", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "3072"),
            ("P-521", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"], "another kind"),
            ("secp256k1", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"], "another"),
            ("Ed448", ["-algorithm", "ED448"], "another kind"),
            ("X25519", ["-algorithm", "X25519"], "another kind")):
        openssl("genpkey", *argv, "-out", "weak.key")
        refused(f"{name} is refused", pattern, "key", "show", "weak.key")
    for name, data in (("empty", b""), ("text", b"hello\n"), ("cut", read("their-rsa.key")[:400]),
                       ("zeros", bytes(4096))):
        write("bad.key", data)
        refused(f"no key: {name}", "bad.key", "key", "show", "bad.key")
    write("bad.key", bytes((1 << 20) + 1))
    refused("no key: long", "more than", "key", "show", "bad.key")


def passphrases():
    write("pw", "open sesame\nsecond line\n")
    got = assay("key", "new", "--passphrase-file", "pw", "locked")
    check("a key with a passphrase", got.returncode == DONE, got)
    check("is encrypted", b"ENCRYPTED" in read("locked.key"))
    check("openssl opens it", openssl("pkey", "-in", "locked.key", "-passin", "pass:open sesame",
                                      "-pubout") == read("locked.pub"))
    check("so do we", told_id("--passphrase-file", "pw", "locked.key") == id_of("locked.pub"))
    with open("pw", "rb") as f:
        os.set_inheritable(f.fileno(), True)
        got = assay("key", "show", "--passphrase-fd", str(f.fileno()), "locked.key",
                    pass_fds=[f.fileno()])
    check("from a descriptor", id_of("locked.pub") in got.stdout.decode(), got)
    write("wrong", "close sesame\n")
    write("nothing", "\n")
    refused("a wrong one", "does not open", "key", "show", "--passphrase-file", "wrong", "locked.key")
    refused("an empty one", "empty", "key", "show", "--passphrase-file", "nothing", "locked.key")
    refused("no such file", "No such file", "key", "show", "--passphrase-file", "none", "locked.key")
    refused("no such descriptor", "fd 77", "key", "show", "--passphrase-fd", "77", "locked.key")
    refused("no descriptor at all", "not a descriptor", "key", "show", "--passphrase-fd", "x", "locked.key")
    refused("neither a file nor a terminal", "no terminal", "key", "show", "locked.key",
            start_new_session=True)
    os.environ["ASSAY_PASSPHRASE"] = os.environ["PASSPHRASE"] = "open sesame"
    refused("never from the environment", "no terminal", "key", "show", "locked.key",
            start_new_session=True)


def on_terminal(answers, *argv):
    """Run with a terminal of its own; type an answer for each prompt. Return: status, all it showed."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(ASSAY, [ASSAY, *argv])
    shown = b""
    for answer in answers:
        while not shown.endswith(b": ") and select.select([fd], [], [], 30)[0]:
            shown += os.read(fd, 1024)
        time.sleep(0.2)  # the echo is switched off after the prompt is shown
        os.write(fd, answer)
        shown += b"|"
    try:
        while select.select([fd], [], [], 30)[0]:
            shown += os.read(fd, 1024)
    except OSError:  # the terminal went away with the program
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    return None, shown + b"... and then nothing for 30 seconds"


def terminal():
    status, shown = on_terminal([b"mellon\n", b"mellon\n"], "key", "new", "typed")
    check("a passphrase typed twice", status == DONE, shown)
    check("is not shown", b"mellon" not in shown, shown)
    check("and is the key's", openssl("pkey", "-in", "typed.key", "-passin", "pass:mellon", "-pubout") ==
          read("typed.pub"))
    status, shown = on_terminal([b"mellon\n", b"melon\n"], "key", "new", "typo")
    check("two that differ", status == TROUBLE and b"differ" in shown and
          not os.path.exists("typo.key"), shown)
    status, shown = on_terminal([b"mellon\n"], "key", "show", "typed.key")
    check("typed to open it", status == DONE and id_of("typed.pub").encode() in shown, shown)
    status, shown = on_terminal([b"\x03\n"], "key", "show", "typed.key")
    check("control-C gives up", status == TROUBLE and b"no passphrase" in shown, shown)


def signatures():
    write("s.intoto.json", json.dumps(statement()))
    payload = read("s.intoto.json")
    for kind in KEYS:
        if os.path.exists("one.json"):
            os.remove("one.json")
        got = assay("sign", "--key", f"our-{kind}.key", "--output", "one.json", "s.intoto.json")
        check(f"{kind}: signs", got.returncode == DONE and sha256(b"firmware") in got.stdout.decode(), got)
        body, body_type, signed = envelope_of("one.json")
        check(f"{kind}: the payload is the statement", body == payload and body_type == TYPE)
        check(f"{kind}: openssl verifies it", len(signed) == 1 and
              openssl_verifies(f"our-{kind}.pub", kind, pae(payload), signed[0]))
        check(f"{kind}: and not with another text", not
              openssl_verifies(f"our-{kind}.pub", kind, pae(payload + b" "), signed[0]))
        check(f"{kind}: keyid is the id", json.loads(read("one.json"))["signatures"][0]["keyid"] ==
              id_of(f"our-{kind}.pub"))
    got = assay("sign", "--key", "our-p256.key", "s.intoto.json")
    check("the envelope stands beside the statement", os.path.exists("s.dsse.json"), got)
    for kind in ("ed25519", "p384", "rsa"):
        assay("sign", "--key", f"our-{kind}.key", "s.dsse.json")
    signed = envelope_of("s.dsse.json")[2]
    check("four people, one after the other", len(signed) == 4 and
          all(openssl_verifies(f"our-{kind}.pub", kind, pae(payload), sig)
              for kind, sig in zip(("p256", "ed25519", "p384", "rsa"), signed)))
    new_key("sixth", "p256")
    got = assay("sign", "--key", "sixth.key", "s.intoto.json")
    check("the statement once more: the envelope keeps its signatures", got.returncode == DONE and
          envelope_of("s.dsse.json")[2][:4] == signed and len(envelope_of("s.dsse.json")[2]) == 5, got)
    shutil.copy("s.dsse.json", "kept.dsse.json")
    write("kept.intoto.json", json.dumps(statement(b"other")))
    refused("another statement does not take its place", "holds something else", "sign", "--key",
            "our-p256.key", "kept.intoto.json")
    refused("nor does another envelope", "is there already", "sign", "--key", "our-p384.key", "--output",
            "kept.dsse.json", "s.dsse.json")
    check("both are as they were", read("kept.dsse.json") == read("s.dsse.json"))
    before = read("s.dsse.json")
    refused("one by a key that has signed", "signed by this key already", "sign", "--key",
            "our-p384.key", "s.dsse.json")
    check("leaves the envelope alone", read("s.dsse.json") == before)
    env = json.loads(before)
    env["note"] = {"a": [1, None]}
    env["signatures"][0]["cert"] = "x"
    new_key("fifth", "ed25519")
    write("s.dsse.json", json.dumps(env))
    assay("sign", "--key", "fifth.key", "s.dsse.json")
    after = json.loads(read("s.dsse.json"))
    check("unknown fields are kept", after["note"] == env["note"] and
          after["signatures"][:5] == env["signatures"] and len(after["signatures"]) == 6)


def not_signed():
    good = json.dumps(statement())
    write("s.intoto.json", good)
    key = ["sign", "--key", "our-p256.key"]
    refused("no key", "--key", "sign", "s.intoto.json")
    refused("a public key", "cannot sign", "sign", "--key", "our-p256.pub", "s.intoto.json")
    refused("no such file", "none", *key, "none")
    for text, data, pattern in (
            ("not JSON", "x", "JSON"),
            ("a list", "[]", "not a JSON object"),
            ("another JSON file", "{}", "not an in-toto statement"),
            ("trailing bytes", good + "{}", "JSON"),
            ("a key twice", good[:-1] + ', "_type": "x"}', "duplicate"),
            ("an older statement", good.replace("Statement/v1", "Statement/v0.1"), "_type"),
            ("no subject", json.dumps({**statement(), "subject": []}), "subject: is empty"),
            ("a subject without digest", json.dumps({**statement(), "subject": [{"name": "x"}]}),
             "digest: missing"),
            ("deep", "{\"a\":" * 70 + "1" + "}" * 70, "nested"),
            ("another payload type", json.dumps({"payload": b64(good.encode()), "payloadType": "x",
                                                 "signatures": []}), "payloadType"),
            ("bad base64", json.dumps({"payload": "a", "payloadType": TYPE, "signatures": []}),
             "payload: base64"),
            ("no signatures", json.dumps({"payload": b64(good.encode()), "payloadType": TYPE}),
             "signatures: missing"),
            ("65 signatures", json.dumps({"payload": b64(good.encode()), "payloadType": TYPE,
                                          "signatures": [{"sig": "AAAA"}] * 65}), "more than 64"),
            ("64 signatures", json.dumps({"payload": b64(good.encode()), "payloadType": TYPE,
                                          "signatures": [{"sig": "AAAA"}] * 64}), "no room")):
        write("bad.json", data)
        refused(f"not signed: {text}", pattern, *key, "bad.json")
        check(f"{text}: nothing written", read("bad.json").decode() == data and
              not os.path.exists("bad.json.dsse.json"))
    write("bad.json", b"{" + b" " * (16 << 20) + b"}")
    refused("not signed: huge", "limit", *key, "bad.json")


def token():
    if not (needs("softhsm2", "x", MODULE) and needs("opensc", "pkcs11-tool")):
        return
    os.environ["ASAN_OPTIONS"] = "detect_leaks=0"  # the engine forgets its methods when it is unloaded
    os.mkdir("tokens")
    write("softhsm.conf", f"directories.tokendir = {os.getcwd()}/tokens\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = os.path.abspath("softhsm.conf")
    write("pin", "1234\n")
    write("wrong", "4321\n")
    run("softhsm2-util", "--init-token", "--free", "--label", "lab", "--pin", "1234", "--so-pin", "5678")
    for number, (kind, name) in enumerate((("p256", "EC:prime256v1"), ("p384", "EC:secp384r1"),
                                           ("rsa", "rsa:3072"))):
        run("pkcs11-tool", "--module", MODULE, "--login", "--pin", "1234", "--keypairgen", "--key-type",
            name, "--label", kind, "--id", f"0{number}")
        uri = f"pkcs11:token=lab;object={kind};type=private"
        options = ["--passphrase-file", "pin", "--pkcs11-module", MODULE]
        got = assay("key", "show", "--public", *options, uri)
        write("token.pub", got.stdout)
        check(f"token, {kind}: the public key", b"BEGIN PUBLIC KEY" in got.stdout, got)
        if os.path.exists("token.json"):
            os.remove("token.json")
        got = assay("sign", "--key", uri, *options, "--output", "token.json", "s.intoto.json")
        check(f"token, {kind}: signs", got.returncode == DONE, got)
        payload, _, signed = envelope_of("token.json")
        check(f"token, {kind}: openssl verifies it",
              openssl_verifies("token.pub", kind, pae(payload), signed[0]))
    for text, uri, pin in (("a wrong PIN", "pkcs11:token=lab;object=p256", "wrong"),
                           ("no such key", "pkcs11:token=lab;object=none", "pin"),
                           ("no such token", "pkcs11:token=none;object=p256", "pin")):
        got = assay("sign", "--key", uri, "--passphrase-file", pin, "--pkcs11-module", MODULE,
                    "--output", "none.json", "s.intoto.json")
        check(f"token: {text}", got.returncode == TROUBLE and b"check the URI, the PIN" in got.stderr and
              not os.path.exists("none.json"), got)
    refused("a PIN in an argument", "PIN does not belong", "sign", "--key",
            "pkcs11:token=lab;object=p256?pin-value=1234", "s.intoto.json")
    got = assay("sign", "--key", "pkcs11:token=lab", "--passphrase-file", "pin", "--pkcs11-module",
                "/none.so", "s.intoto.json")
    check("no such module", got.returncode == TROUBLE and b"--pkcs11-module" in got.stderr, got)


if __name__ == "__main__":
    folder = in_folder()
    if needs("openssl", "openssl"):
        for part in (keys_of_ours, keys_of_others, passphrases, terminal, signatures, not_signed, token):
            part()
    finish()
