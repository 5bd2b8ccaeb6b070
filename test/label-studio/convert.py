"""Runs Label Studio's format converter over a folder of exported tasks and prints what it makes, as JSON.

Usage: convert.py LABEL_CONFIG FOLDER FORMAT...
"""

import csv
import json
import logging
import os
import sys
import tempfile

from label_studio_sdk.converter import converter

logging.disable(logging.WARNING)
# The order of a folder's files is the file system's; numbers in the output follow it.
unordered = converter.glob
converter.glob = lambda pattern: sorted(unordered(pattern))


def made(path):
    """A file's content, without the time at which it was made."""
    with open(path, encoding="utf8", newline="") as file:
        if path.endswith(".csv"):
            return [cells(row) for row in csv.DictReader(file)]
        text = file.read()
    if not path.endswith(".json"):
        return text
    content = json.loads(text)
    if isinstance(content, dict):
        content["info"].pop("date_created", None)
    return content


def cells(row):
    """Values of a CSV line; JSON in a cell is read, for the order of its keys means nothing."""
    return {name: json.loads(text) if text[:1] in ("[", "{") else text for name, text in row.items()}


def convert(config, folder, form):
    with tempfile.TemporaryDirectory() as out:
        converter.Converter(config, folder, download_resources=False).convert(folder, out, form)
        paths = [os.path.join(place, name) for place, _, names in os.walk(out) for name in names]
        return {os.path.relpath(path, out): made(path) for path in paths}


config, folder, *forms = sys.argv[1:]
json.dump({form: convert(config, folder, form) for form in forms}, sys.stdout, sort_keys=True, indent=1)
