#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is what a result's folder says in its statements true? Usage: judge.py RESULT-FOLDER

Prints nothing when it is. The judges are jsonschema for our own predicate, the lists of required
fields of in-toto and SLSA for the others, and hashlib for every digest that can be computed."""
import hashlib
import json
import os
import sys

import jsonschema

TOP = os.environ["top_srcdir"]
MATCH = {"identical", "transplanted", "repacked", "normalised"}
problems = []


def want(condition, text):
    if not condition:
        problems.append(text)


def load(name):
    path = os.path.join(sys.argv[1], name)
    if not os.path.exists(path):
        return None, None
    with open(path, "rb") as f:
        data = f.read()
    return json.loads(data), hashlib.sha256(data).hexdigest()


def digests(descriptors):
    return {d.get("name"): d["digest"]["sha256"] for d in descriptors}


def judge_provenance(statement, result):
    """Source: SLSA 1.0, provenance/v1: required fields."""
    predicate = statement["predicate"]
    definition, details = predicate["buildDefinition"], predicate["runDetails"]
    want(statement["predicateType"] == "https://slsa.dev/provenance/v1", "provenance: type")
    want("://" in definition["buildType"] and "://" in details["builder"]["id"], "provenance: URIs")
    identity = json.dumps(definition["externalParameters"]["manifest"], sort_keys=True,
                          separators=(",", ":"), ensure_ascii=False)
    manifest_id = hashlib.sha256(identity.encode()).hexdigest()
    want(manifest_id == result["pins"]["manifest"], "provenance: the manifest has not its id")
    pins = digests(definition["resolvedDependencies"])
    for source in result["pins"]["sources"]:
        want(pins[source["name"]] == source["sha256"], "provenance: source")
    want(pins["toolchain lock"] == result["pins"]["toolchain_lock"], "provenance: lock")
    want(pins["toolchain tree"] == result["pins"]["toolchain_tree"], "provenance: tree")
    built = {}
    for name in os.listdir(os.path.join(sys.argv[1], "outputs")):
        with open(os.path.join(sys.argv[1], "outputs", name), "rb") as f:
            built[name] = hashlib.sha256(f.read()).hexdigest()
    want(digests(statement["subject"]) == (built or {"manifest": manifest_id}), "provenance: subjects")
    record = predicate["assay_record"]
    for key in ("outcome", "step", "exit_status", "level", "unpinned", "events"):
        want(record[key] == result["build"][key], f"provenance: {key}")
    for key in ("probe", "environment"):
        want(record.get(key) == result["build"].get(key), f"provenance: {key}")
    if "run" in result:
        with open(os.path.join(sys.argv[1], "build.log"), "rb") as f:
            log = hashlib.sha256(f.read()).hexdigest()
        want(details["metadata"]["assay_log"]["sha256"] == log, "provenance: log")
        want(details["metadata"]["startedOn"] == result["run"]["started"], "provenance: time")
    else:
        want("metadata" not in details, "provenance: times were to be left out")


def judge_verdict(statement, result, provenance):
    with open(os.path.join(TOP, "verifier/schema/build-equivalence-v1.json"), encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft202012Validator.check_schema(schema)
    for error in jsonschema.Draft202012Validator(schema).iter_errors(statement):
        problems.append(f"verdict: {'/'.join(map(str, error.path))}: {error.message}"[:300])
    predicate = statement["predicate"]
    want(predicate["tier"] == result["tier"], "verdict: tier")
    want(predicate["accepted"] == result["accepted"], "verdict: accepted")
    want(predicate["exitStatus"] == result["exit_status"], "verdict: exit status")
    compared = [d["comparison"] for d in result["delivered"]]
    if compared:
        want([s["digest"]["sha256"] for s in statement["subject"]] ==
             [c["delivered"]["sha256"] for c in compared], "verdict: subjects")
        for artefact, c in zip(predicate["artefacts"], compared):
            want(artefact["bytes"] == c["bytes"] and artefact["tier"] == c["tier"], "verdict: bytes")
            want(sum(v for k, v in artefact["bytes"].items() if k != "total") ==
                 artefact["bytes"]["total"] == artefact["delivered"]["annotations"]["size"],
                 "verdict: the classes do not add up")
    rules = {r["rule"] for c in compared for a in c["artefacts"] for r in a["ranges"] if r["rule"]}
    rules |= {f["rule"] for c in compared for f in c["findings"] if f["rule"]}
    want(set(predicate["rules"]) >= rules, "verdict: rules")
    want(len(predicate["findings"]) + predicate["findingsLeftOut"] ==
         sum(len(c["findings"]) for c in compared), "verdict: findings")
    want(digests(predicate["rebuilds"]) == ({"provenance": provenance} if provenance else {}),
         "verdict: refers to another provenance")
    want(("run" in predicate) == ("run" in result), "verdict: times")
    with open(os.environ["ASSAY"], "rb") as f:
        want(predicate["tool"]["digest"]["sha256"] == hashlib.sha256(f.read()).hexdigest(),
             "verdict: not our own digest")


def judge_summary(statement, result, provenance, verdict, judged):
    """Source: SLSA 1.0, verification_summary/v1: required fields, and what PASSED may mean."""
    predicate = statement["predicate"]
    passed = result["accepted"]
    want(statement["predicateType"] == "https://slsa.dev/verification_summary/v1", "summary: type")
    want(statement["subject"] == judged["subject"], "summary: subjects")
    for key in ("verifier", "resourceUri", "policy", "verificationResult", "verifiedLevels"):
        want(key in predicate, f"summary: no {key}")
    want("://" in predicate["verifier"]["id"], "summary: verifier")
    want(predicate["resourceUri"].startswith("pkg:generic/"), "summary: resource")
    want(predicate["verificationResult"] == ("PASSED" if passed else "FAILED"), "summary: result")
    want(predicate["verifiedLevels"] == (["ASSAY_BUILD_EQUIVALENT_" + result["tier"].upper()] if passed
                                         else ["FAILED"]), "summary: levels")
    inputs = {"verdict": verdict}
    if provenance:
        inputs["provenance"] = provenance
    want(digests(predicate["inputAttestations"]) == inputs, "summary: inputs")
    want(("timeVerified" in predicate) == ("run" in result), "summary: times")


def main():
    result, _ = load("result.json")
    provenance, provenance_digest = load("provenance.intoto.json")
    verdict, verdict_digest = load("verdict.intoto.json")
    summary, _ = load("summary.intoto.json")
    want((provenance is not None) == ("build" in result), "a provenance, and only of a build")
    for statement in filter(None, (provenance, verdict, summary)):
        want(statement["_type"] == "https://in-toto.io/Statement/v1", "_type")
        want(statement["subject"] and all(s["digest"] for s in statement["subject"]), "subject")
        want(set(statement) == {"_type", "subject", "predicateType", "predicate"}, "fields")
    if provenance:
        judge_provenance(provenance, result)
    judge_verdict(verdict, result, provenance_digest)
    judge_summary(summary, result, provenance_digest, verdict_digest, verdict)
    print("\n".join(problems), end="\n" if problems else "")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
