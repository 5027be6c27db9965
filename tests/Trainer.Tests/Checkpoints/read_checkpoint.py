"""Reads a checkpoint with nothing but Python's own library, and prints the hash over all weights as docs/trainer-contract.md defines it."""
import hashlib
import json
import pathlib
import struct
import sys

SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}


def tensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    body = data[8 + length :]
    end = 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, stop = entry["data_offsets"]
        count = 1
        for size in entry["shape"]:
            count *= size
        assert begin == end and stop - begin == count * SIZES[entry["dtype"]], f"{path}: {name}: {entry}"
        end = stop
        yield name, entry, body[begin:stop]
    assert end == len(body), f"{path}: {len(body) - end} bytes belong to no tensor"


folder = pathlib.Path(sys.argv[1])
found = {}
for shard in json.loads((folder / "manifest.json").read_text())["shards"]:
    path = folder / shard["file"]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == shard["sha256"], path
    for name, entry, body in tensors(path):
        assert name not in found, name
        found[name] = (entry, body)

weights = hashlib.sha256()
for name in sorted(name for name in found if name.startswith("model.")):
    entry, body = found[name]
    shape = ",".join(map(str, entry["shape"]))
    weights.update(f"{name.removeprefix('model.')}\0{entry['dtype']}[{shape}]\0".encode())
    weights.update(body)
print(len(found), weights.hexdigest())
