# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command has a page that says what --help says, no more and no less."""
import os
import re

import lint
from lint import Fault

PAGES = r"verifier/man/.*\.[15]"
OVERVIEW = "verifier/man/assay.1"


def assay(*words):
    program = os.environ.get("ASSAY")
    if not program:
        raise lint.Missing("ASSAY names no program: this runs in make check")
    status, out, errors = lint.run([program, *words, "--help"])
    assert status == 0 and out, f"assay {' '.join(words)} --help: {errors}"
    return out


def commands():
    return re.findall(r"^  ([a-z]+(?: [a-z]+)?)  +\S", assay(), re.M)


def help_options(command):
    """{long name: (letter or "", argument or "")} as --help prints them."""
    rows = re.findall(r"^  (?:-(\w), |    )--([\w-]+)(?: (\S+))?  ", assay(*command.split()), re.M)
    return {name: (letter, arg) for letter, name, arg in rows if name != "help"}


def page_options(text, mark):
    """The same from a page: from the list of options (.It) or from the synopsis (.Op)."""
    found = {}
    for line in re.findall(rf"^\.{mark} (Fl .*)$", text, re.M):
        match = re.fullmatch(r"Fl (?:(\w) [,|] Fl )?-([\w-]+)(?: Ar (\S+))?(?: \.\.\.)?", line)
        if match:
            found[match.group(2)] = (match.group(1) or "", match.group(3) or "")
        else:
            found[line] = ("", "")  # not the form that we write: shows up as a difference
    return found


def page_of(tree, command):
    """A page of its own, or the one of a family of commands: assay-toolchain.1"""
    for name in (command.replace(" ", "-"), command.split()[0]):
        if tree.exists(f"verifier/man/assay-{name}.1"):
            return f"verifier/man/assay-{name}.1"
    return None


def by_page(tree):
    pages = {}
    for command in commands():
        page = page_of(tree, command)
        if page:
            pages.setdefault(page, []).append(command)
    return pages


def commands_have_pages(tree):
    pages = by_page(tree)
    for command in commands():
        if page_of(tree, command) is None:
            yield f"verifier/man/assay-{command.replace(' ', '-')}.1: the page of `assay {command}' is missing"
    for page in tree.files(r"verifier/man/assay-.*\.1"):
        if page not in pages:
            yield f"{page}: there is no such command"
    module = tree.text("verifier/man/Makemodule.am").split()
    for page in tree.files(PAGES):
        if page not in module:
            yield f"{page}: verifier/man/Makemodule.am does not install it"


def options_agree(tree):
    for page, names in by_page(tree).items():
        said = {}
        for name in names:
            said.update(help_options(name))
        for mark, where in (("It", "list of options"), ("Op", "synopsis")):
            written = page_options(tree.text(page), mark)
            for option in sorted(set(said) | set(written)):
                if option not in written:
                    yield f"{page}: the {where} lacks --{option}"
                elif option not in said:
                    yield f"{page}: the {where} has --{option}, --help does not"
                elif said[option] != written[option]:
                    yield f"{page}: the {where} and --help differ in letter or argument of --{option}"


def overview_is_complete(tree):
    text = tree.text(OVERVIEW) if tree.exists(OVERVIEW) else ""
    listed = set(re.findall(r"^\.It Cm ([a-z]+(?: [a-z]+)?)$", text, re.M))
    for command in sorted(set(commands()) ^ listed):
        yield f"{OVERVIEW}: `assay {command}' is only in {'--help' if command not in listed else 'the page'}"


def mandoc_is_content(tree):
    mandoc = lint.tool("mandoc", "mandoc")
    for path in tree.files(PAGES):
        # Links to pages of ours that are not installed yet are checked by xrefs_exist.
        _, out, _ = lint.run([mandoc, "-T", "lint", "-W", "warning", tree.real(path)])
        yield from (re.sub(r"^mandoc: \S*?:(\d+):", rf"{path}:\1:", line) for line in out.splitlines())


def xrefs_exist(tree):
    for path in tree.files(PAGES):
        for number, line in tree.lines(path):
            match = re.match(r"\.Xr (assay[\w-]*) (\d)", line)
            if match and not tree.exists(f"verifier/man/{match.group(1)}.{match.group(2)}"):
                yield f"{path}:{number}: there is no {match.group(1)}({match.group(2)})"


def pages_say_how_commands_end(tree):
    for path in tree.files(r"verifier/man/.*\.1"):
        for section in ("EXIT STATUS", "EXAMPLES", "SEE ALSO"):
            if not re.search(rf"^\.Sh {section}$", tree.text(path), re.M):
                yield f"{path}: no section {section}"


RULES = {
    "every command has a page, every page a command": commands_have_pages,
    "options of pages and --help are the same": options_agree,
    "assay(1) lists every command": overview_is_complete,
    "mandoc has nothing to say": mandoc_is_content,
    "pages refer to pages that exist": xrefs_exist,
    "pages have examples and exit statuses": pages_say_how_commands_end,
}

PAGE, OPTIONS, OVER, MANDOC, XREF, SECTIONS = RULES
VERIFY = "verifier/man/assay-verify.1"
FAULTS = [
    Fault(PAGE, VERIFY, remove=True, expect="`assay verify' is missing"),
    Fault(PAGE, "verifier/man/assay-frob.1", ".Sh NAME\n", expect="no such command"),
    Fault(OPTIONS, VERIFY, replace=(r"\.It Fl -json", ".It Fl -jsom"), expect="options lacks --json"),
    Fault(OPTIONS, VERIFY, replace=(r"\.It Fl -json", ".It Fl -jsom"), expect="has --jsom"),
    Fault(OPTIONS, VERIFY, replace=(r"\.Op Fl -json Ar FILE", ""), expect="synopsis lacks --json"),
    Fault(OPTIONS, VERIFY, replace=(r"\.It Fl -json Ar FILE", ".It Fl -json Ar X"), expect="differ in letter"),
    Fault(OVER, OVERVIEW, replace=(r"\.It Cm compare\n", ""), expect="only in --help"),
    Fault(OVER, OVERVIEW, ".It Cm frob\n", append=True, expect="only in the page"),
    Fault(MANDOC, OVERVIEW, ".Bl -tag\n", append=True, expect="WARNING"),
    Fault(XREF, OVERVIEW, ".Xr assay-frob 1\n", append=True, expect="no assay-frob(1)"),
    Fault(SECTIONS, OVERVIEW, replace=(r"\.Sh EXAMPLES", ".Sh FOO"), expect="no section EXAMPLES"),
]

if __name__ == "__main__":
    lint.main(RULES, FAULTS)
