# SPDX-License-Identifier: GPL-3.0-or-later
"""Makers of RPM packages, byte by byte so that every field can be made wrong."""
import hashlib

from makers import *  # noqa: F403

INT16, INT32, STRING, BIN, ARRAY, I18N = 3, 4, 6, 7, 8, 9
WIDTH = {INT16: 2, INT32: 4}
TRIGGERS = [(1065, ARRAY, [b"evil"]), (1066, ARRAY, [b"foo"]), (1067, ARRAY, [b""]),
            (1068, INT32, [65536]), (1069, INT32, [0]), (1092, ARRAY, [b"/bin/sh"])]


def rpm_value(kind, value):
    """Bytes and count of a tag's values."""
    if kind in WIDTH:
        return b"".join(n.to_bytes(WIDTH[kind], "big") for n in value), len(value)
    if kind == STRING:
        return value + b"\0", 1
    if kind == BIN:
        return value, len(value)
    return b"".join(v + b"\0" for v in value), len(value)


def rpm_header(region, tags, gap=b"", behind=b""):
    index, store = b"", b""
    for tag, kind, value in sorted(tags, key=lambda t: t[0]):
        store += bytes(-len(store) % WIDTH.get(kind, 1)) + (gap if tag == 1010 else b"")
        data, count = rpm_value(kind, value)
        index += struct.pack(">IIII", tag, kind, len(store), count)
        store += data
    store += behind
    size = 16 * (len(tags) + 1)
    index = struct.pack(">IIII", region, BIN, len(store), 16) + index
    store += struct.pack(">IIiI", region, BIN, -size, 16)
    return struct.pack(">8sII", b"\x8e\xad\xe8\x01", len(tags) + 1, len(store)) + index + store


def openpgp(value=b"\xa5" * 64, when=1700000000, key=b"keykeyke", hashed=b"", unhashed=b"", extra=b"",
            kind=0, algorithm=1, length=None):
    """A signature packet of version 4."""
    hashed = b"\5\2" + struct.pack(">I", when) + hashed
    unhashed = b"\x09\x10" + key + unhashed
    body = bytes([4, kind, algorithm, 8]) + struct.pack(">H", len(hashed)) + hashed
    body += struct.pack(">H", len(unhashed)) + unhashed + b"\1\2"
    body += struct.pack(">H", 8 * len(value)) + value + extra
    return b"\x89" + struct.pack(">H", len(body) if length is None else length) + body


RPM_PROGRAM = b"\x7fNOT AN ELF FILE" + bytes(range(256)) * 4
# path, content (None: a folder; str: the target of a link), mode, owner
RPM_FILES = [("/etc", None, 0o40755, b"root"), ("/etc/x.conf", b"conf\n", 0o100644, b"root"),
             ("/usr/bin/x", RPM_PROGRAM, 0o100755, b"root"), ("/usr/bin/y", "x", 0o120777, b"root"),
             ("/usr/share/x.gz", gz(TEXT), 0o100644, b"root")]


def size_of(content):
    return 0 if content is None else len(content)


def data_of(content):
    return b"" if content is None else content.encode() if isinstance(content, str) else content


def digest_of(content):
    return hashlib.sha256(content).hexdigest().encode() if isinstance(content, bytes) else b""


def rpm_payload(files, mtime=1700000000):
    return b"".join(newc("." + p, data_of(c), mode=m, ino=i + 1, mtime=mtime, dev=(0, 0))
                    for i, (p, c, m, _) in enumerate(files)) + newc("TRAILER!!!", mode=0, mtime=0,
                                                                    ino=0, dev=(0, 0))


def rpm(files=RPM_FILES, table=None, tags=(), without=(), pack=gz, post=b"echo post", host=b"host",
        time=1700000000, mtime=1700000000, cookie=None, flags=b"9", digests=None, sizes=None, caps=None,
        payload_digest=None, packed=None, signed=None, sig_tags=(), reserved=bytes(64), size=None,
        sha256=None, md5=None, lead=b"x-1-1", behind=b"", gap=b"", store_end=b"", tail=b"", sig_pad=None,
        more=b""):
    """table: what the header says of the files, if not the truth."""
    table = files if table is None else table
    unpacked = rpm_payload(files, mtime) + more
    packed = (pack(unpacked) if packed is None else packed) + behind
    folders = sorted({p.rsplit("/", 1)[0] + "/" for p, *_ in table})
    head = {t[0]: t for t in [
        (100, ARRAY, [b"C"]), (1000, STRING, b"x"), (1001, STRING, b"1"), (1002, STRING, b"1"),
        (1004, I18N, [b"x"]), (1006, INT32, [time]), (1007, STRING, host),
        (1009, INT32, [sum(size_of(c) for _, c, _, _ in table) if size is None else size]),
        (1010, STRING, b"d"), (1014, STRING, b"MIT"), (1021, STRING, b"linux"), (1022, STRING, b"noarch"),
        (1024, STRING, post), (1044, STRING, b"x-1-1.src.rpm"),
        (1028, INT32, sizes or [size_of(c) for _, c, _, _ in table]),
        (1030, INT16, [m for _, _, m, _ in table]), (1033, INT16, [0 for _ in table]),
        (1034, INT32, [mtime for _ in table]),
        (1035, ARRAY, digests or [digest_of(c) for _, c, _, _ in table]),
        (1036, ARRAY, [c.encode() if isinstance(c, str) else b"" for _, c, _, _ in table]),
        (1037, INT32, [0 for _ in table]), (1039, ARRAY, [o for *_, o in table]),
        (1040, ARRAY, [b"root" for _ in table]), (1096, INT32, [i + 1 for i, _ in enumerate(table)]),
        (1116, INT32, [folders.index(p.rsplit("/", 1)[0] + "/") for p, *_ in table]),
        (1117, ARRAY, [p.rsplit("/", 1)[1].encode() for p, *_ in table]),
        (1118, ARRAY, [f.encode() for f in folders]), (1124, STRING, b"cpio"),
        (1125, STRING, b"gzip"), (1126, STRING, flags), (5011, INT32, [8]), (5093, INT32, [8]),
        (5092, ARRAY, [hashlib.sha256(packed).hexdigest().encode() if payload_digest is None else
                       payload_digest]),
        (5097, ARRAY, [hashlib.sha256(unpacked).hexdigest().encode()]), *tags]}
    if cookie is not None:
        head[1094] = (1094, STRING, cookie)
    if caps is not None:
        head[5010] = (5010, ARRAY, [caps if p == "/usr/bin/x" else b"" for p, *_ in table])
    main = rpm_header(63, [t for n, t in head.items() if n not in without], gap, store_end)
    sig = [(273, STRING, hashlib.sha256(main).hexdigest().encode() if sha256 is None else sha256),
           (269, STRING, hashlib.sha1(main).hexdigest().encode()),
           (1000, INT32, [len(main) + len(packed)]), (1007, INT32, [len(unpacked)]),
           (1004, BIN, hashlib.md5(main + packed).digest() if md5 is None else md5), *sig_tags]
    sig += [(268, BIN, signed)] if signed else []
    sig += [(1008, BIN, reserved)] if reserved else []
    sig = rpm_header(62, sig)
    pad = bytes(-len(sig) % 8) if sig_pad is None else sig_pad
    lead = struct.pack(">IBBHH66sHH16s", 0xedabeedb, 3, 0, 0, 1, lead, 1, 5, b"")
    return lead + sig + pad + main + packed + tail
