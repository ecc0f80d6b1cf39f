#!/usr/bin/env python3
"""Markov attribution of ready paths: Rihla beside the package ChannelAttribution, in one run.

    swift build -c release --product PathMarkov          in Benchmarks/
    pathdata.py PATHS.csv --rihla .build/release/PathMarkov [--expected expected.json] [--order 1] [--repeat 9]

PATHS.csv has the columns path ("a > b > c"), total_conversions, total_conversion_value, total_null: the data set PathData of
ChannelAttribution as text. Both are given the texts in memory; reading the file is not timed. The two take turns, so that a
busy machine troubles them alike; the best of each counts. Needs Python with pandas and ChannelAttribution (pip).
"""
import argparse
import contextlib
import io
import json
import subprocess
import sys
import time
from importlib.metadata import version

with contextlib.redirect_stdout(io.StringIO()):
    import ChannelAttribution
import pandas


def channel_attribution(data, order):
    """Seconds and conversions by channel."""
    with contextlib.redirect_stdout(io.StringIO()):
        start = time.perf_counter()
        result = ChannelAttribution.markov_model(
            data, "path", "total_conversions", var_null="total_null", order=order, sep=">", ncore=1, seed=1,
            verbose=False, flg_pro=False,
        )
        seconds = time.perf_counter() - start
    return seconds, dict(zip(result["channel_name"], result["total_conversions"]))


def rihla(program, path, order):
    """Seconds of the whole and of the model, conversions by channel."""
    output = subprocess.run([program, path, str(order), "3"], check=True, capture_output=True, text=True).stdout
    report = json.loads(output)
    return min(report["seconds"]), min(report["modelSeconds"]), report["conversions"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths")
    parser.add_argument("--rihla", required=True, metavar="PROGRAM")
    parser.add_argument("--expected", metavar="JSON", help="exact figures, by_channel.NAME.markov_order_1.conversions")
    parser.add_argument("--order", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=9)
    options = parser.parse_args()
    data = pandas.read_csv(options.paths)
    theirs, ours, model = [], [], []
    for _ in range(options.repeat):
        seconds, their_conversions = channel_attribution(data, options.order)
        theirs.append(seconds)
        seconds, of_model, our_conversions = rihla(options.rihla, options.paths, options.order)
        ours.append(seconds)
        model.append(of_model)
    expected = {}
    if options.expected and options.order == 1:
        with open(options.expected) as file:
            by_channel = json.load(file)["by_channel"]
        expected = {name: float(figures["markov_order_1"]["conversions"]) for name, figures in by_channel.items()}
    print(f"| channel | {'exact | ' if expected else ''}Rihla | ChannelAttribution {version('ChannelAttribution')} |")
    print("|---|" + "---:|" * (3 if expected else 2))
    for name in sorted(our_conversions, key=our_conversions.get, reverse=True):
        exact = f"{expected[name]:.6f} | " if expected else ""
        print(f"| {name} | {exact}{our_conversions[name]:.6f} | {their_conversions.get(name, 0):.6f} |")
    print(f"\nbest of {options.repeat}: Rihla {min(ours) * 1000:.1f} ms from texts ({min(model) * 1000:.1f} ms the model),"
          f" ChannelAttribution {min(theirs) * 1000:.1f} ms: {min(theirs) / min(ours):.1f} times as long")
    total = sum(our_conversions.values())
    apart = max(abs(our_conversions[name] - their_conversions.get(name, 0)) for name in our_conversions)
    print(f"largest difference between the two: {apart:.3f} conversions, {apart / total:.4%} of all {total:.0f}")
    if expected:
        off = max(abs(our_conversions[name] - expected[name]) for name in expected)
        print(f"largest difference between Rihla and the exact figures: {off:.1e} conversions")
        if off > 1e-6 or min(ours) >= min(theirs):
            sys.exit("not as it should be: figures within 1e-6, in less time")


if __name__ == "__main__":
    main()
