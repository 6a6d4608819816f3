"""Runs the queries of docs/study.md on a study and compares them with its study.json.

    parquet.py STUDY_DIR
"""

import contextlib
import io
import json
import os
import pathlib
import re
import sys

import duckdb
import pandas


def blocks(language):
    page = pathlib.Path(__file__).parent.parent / "docs" / "study.md"
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.DOTALL)


def same(what, found, expected):
    near = isinstance(expected, float) and abs(found - expected) <= 1e-12 * max(1, abs(expected))
    if found != expected and not near:
        sys.exit(f"{what}: the table has {found}, study.json has {expected}")
    same.checked += 1


same.checked = 0


def check_shares(query, study):
    for arm, n, k, share in duckdb.sql(query).fetchall():
        told = next(a for a in study["arms"] if a["arm"] == arm)["severity"][2]
        for what, found in [("n", n), ("k", k), ("share", share)]:
            same(f"{arm} {what}", found, told[what])


def check_difference(query, study):
    told, pair = study["headline"], (study["candidate"], study["reference"])
    rows = {row[:2]: row[2:] for row in duckdb.sql(query).fetchall()}
    names = ["n", "first_only", "second_only", "difference"]
    for what, found in zip(names, rows[pair], strict=True):
        same(f"difference {what}", found, told["difference"][what])


def check_pandas(code, study):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(code, {})
    print(said.getvalue())
    trials = pandas.read_parquet("trials.parquet")
    same("rows", len(trials), study["trials"] * len(study["arms"]))
    for arm in study["arms"]:
        rows = trials[trials["arm"] == arm["arm"]]
        for metric, mean in arm["metrics"].items():
            same(f"{metric} defined", int(rows[metric].count()), mean["n"])
            near = abs(rows[metric].mean() - mean["mean"]) <= 1e-9 * max(1, abs(mean["mean"]))
            same(f"{arm['arm']} {metric}", bool(near), True)


def main():
    os.chdir(sys.argv[1])
    study = json.loads(pathlib.Path("study.json").read_text())
    shares, difference = blocks("sql")
    (code,) = blocks("python")
    check_shares(shares, study)
    check_difference(difference, study)
    check_pandas(code, study)
    codecs = duckdb.sql("SELECT DISTINCT compression FROM parquet_metadata('trials.parquet')")
    same("compression", [row[0] for row in codecs.fetchall()], ["ZSTD"])
    print(f"{same.checked} numbers of trials.parquet are those of study.json")


main()
