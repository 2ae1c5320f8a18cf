"""Makes an archive of an image (OCI image layout, one layer) of a directory. The layer's files are root's but for those that the program writes.

    oci-layout   index.json   blobs/sha256/<layer, gzip>   <config>   <manifest>

`config.Healthcheck` is Docker's addition to the format; podman and Docker keep to it.
"""
import argparse
import datetime
import gzip
import hashlib
import io
import json
import os
import tarfile

USER = 65532
#: Written by the program, hence its own; all else is root's.
OWN = {"var/lib/till": 0o700}
SECOND = 1_000_000_000


def layer(tree: str, epoch: int) -> bytes:
    """The directory as a tar, in the order of names."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for folder, folders, files in os.walk(tree):
            folders.sort()
            for name in sorted(files + [one for one in folders if os.path.islink(os.path.join(folder, one))]) + [None]:
                path = folder if name is None else os.path.join(folder, name)
                relative = os.path.relpath(path, tree)
                if relative == ".":
                    continue
                info = tar.gettarinfo(path, arcname=relative)
                info.uid = info.gid = 0
                info.uname = info.gname = ""
                info.mtime = epoch
                if info.isdir():
                    info.mode = 0o1777 if relative == "tmp" else 0o755
                elif info.isfile():
                    info.type, info.linkname = tarfile.REGTYPE, ""
                    info.size = os.path.getsize(path)
                    info.mode = 0o755 if info.mode & 0o100 else 0o644
                if relative in OWN:
                    info.uid, info.gid, info.mode = USER, USER, OWN[relative]
                if info.isfile():
                    with open(path, "rb") as file:
                        tar.addfile(info, file)
                else:
                    tar.addfile(info)
    return out.getvalue()


def config(arguments: argparse.Namespace, created: str, diff: str) -> dict:
    return {
        "created": created,
        "architecture": arguments.architecture,
        "os": "linux",
        "config": {
            "User": f"{USER}:{USER}",
            "ExposedPorts": {"8080/tcp": {}},
            "Env": ["PATH=/usr/bin", "TILL_LISTEN=0.0.0.0:8080", "TMPDIR=/tmp", "LC_ALL=C.UTF-8"],
            "Entrypoint": ["/usr/bin/till"],
            "Cmd": ["serve", "--data", "/var/lib/till"],
            "Volumes": {"/var/lib/till": {}},
            "WorkingDir": "/var/lib/till",
            "StopSignal": "SIGTERM",
            # Who restarts what is unhealthy lets a start take as long as it takes, as the unit does: one that is killed begins anew. With Docker that is over
            # with the first answer; podman counts the time since the start alone, and whoever wants its word of a server that hangs says `--health-start-period` there (docs/delivery.md).
            "Healthcheck": {
                "Test": ["CMD", "/usr/bin/till", "health"], "Interval": 10 * SECOND, "Timeout": 6 * SECOND, "StartPeriod": 86_400 * SECOND, "Retries": 3,
            },
            "Labels": {"org.opencontainers.image.title": "till", "org.opencontainers.image.version": arguments.version, "org.opencontainers.image.licenses": "Apache-2.0"},
        },
        "rootfs": {"type": "layers", "diff_ids": [diff]},
        "history": [{"created": created, "created_by": "packaging/image"}],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tree")
    parser.add_argument("archive")
    parser.add_argument("--version", required=True)
    parser.add_argument("--architecture", required=True)
    parser.add_argument("--epoch", type=int, required=True)
    parser.add_argument("--level", type=int, default=6, help="of gzip")
    arguments = parser.parse_args()
    created = datetime.datetime.fromtimestamp(arguments.epoch, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    blobs: dict[str, bytes] = {}

    def put(media: str, content: bytes) -> dict:
        digest = hashlib.sha256(content).hexdigest()
        blobs[digest] = content
        return {"mediaType": media, "digest": f"sha256:{digest}", "size": len(content)}

    plain = layer(arguments.tree, arguments.epoch)
    packed = gzip.compress(plain, compresslevel=arguments.level, mtime=0)
    text = lambda value: json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    of_layer = put("application/vnd.oci.image.layer.v1.tar+gzip", packed)
    of_config = put("application/vnd.oci.image.config.v1+json", text(config(arguments, created, f"sha256:{hashlib.sha256(plain).hexdigest()}")))
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": of_config, "layers": [of_layer]}
    of_manifest = put(manifest["mediaType"], text(manifest))
    of_manifest["annotations"] = {"org.opencontainers.image.ref.name": arguments.version, "io.containerd.image.name": f"till:{arguments.version}"}
    of_manifest["platform"] = {"os": "linux", "architecture": arguments.architecture}
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [of_manifest]}

    temporary = arguments.archive + ".tmp"
    with tarfile.open(temporary, "w", format=tarfile.GNU_FORMAT) as tar:
        def add(name: str, content: bytes) -> None:
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(content), arguments.epoch, 0o644
            tar.addfile(info, io.BytesIO(content))
        add("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        add("index.json", text(index))
        for digest in sorted(blobs):
            add(f"blobs/sha256/{digest}", blobs[digest])
    os.replace(temporary, arguments.archive)


if __name__ == "__main__":
    main()
