#!/usr/bin/env python3
"""Bills of materials of the images, and THIRD-PARTY-NOTICES.md, from what images.sh wrote about the layers.

    bill.py part LAYER.json PART.json        what is in a layer: its files with their sums, and the component that each belongs to
    bill.py image NAME TAG DIGEST CREATED FOLDER PART.json...
                                             FOLDER/NAME-TAG.spdx.json (SPDX 2.3) and FOLDER/NAME-TAG.cdx.json (CycloneDX 1.5)
    bill.py notices PART.json...             prints THIRD-PARTY-NOTICES.md

images.sh says in the environment where things lie: ROOT, OUTPUT, DOTNET_ROOT, PACKAGES, BUSYBOX.
"""
import hashlib, json, os, re, subprocess, sys, tarfile, uuid
import xml.etree.ElementTree as xml
from urllib.parse import quote

OWN = "mhc-operator"
MICROSOFT = "Microsoft"
HERE = os.path.dirname(os.path.realpath(__file__))


def where(name):
    return os.path.realpath(os.environ[name])


def licences():
    with open(os.path.join(HERE, "licences.tsv"), encoding="utf-8") as lines:
        return dict(line.rstrip("\n").split("\t") for line in lines if line.strip() and not line.startswith("#"))


def own():
    with open(os.path.join(where("ROOT"), "VERSION"), encoding="utf-8") as file:
        version = file.read().strip()
    return component(OWN, OWN, version, f"pkg:generic/{OWN}@{version}", "Apache-2.0", "MhcOperator", "own")


def component(identifier, name, version, purl, licence, supplier, kind, **more):
    return {"id": identifier, "name": name, "version": version, "purl": purl, "licence": licence, "supplier": supplier, "kind": kind, **more}


# Debian

class Debian:
    """Packages of this machine, by the files that they brought."""

    def __init__(self):
        with open("/etc/os-release", encoding="utf-8") as lines:
            system = dict(line.strip().replace('"', "").split("=", 1) for line in lines if "=" in line)
        self.vendor, self.system = system["ID"], f"{system['ID']}-{system.get('VERSION_ID', 'testing')}"

    def of_file(self, path):
        # Its list may have the file from before /lib became /usr/lib, or from after.
        for known in (path, "/usr" + path, path.removeprefix("/usr")):
            found = subprocess.run(["dpkg", "-S", known], capture_output=True, text=True, check=False)
            if found.returncode == 0:
                return self.installed(re.split("[:,]", found.stdout.split("\n")[0])[0])
        raise LookupError(f"{path} is of no Debian package")

    def installed(self, package):
        form = "${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${Homepage}\n"
        lines = subprocess.run(["dpkg-query", "-W", "-f", form, package], capture_output=True, text=True, check=True).stdout
        version, architecture, source, source_version, homepage = lines.split("\n")[0].split("\t")
        return self.package(package, version, architecture, self.vendor, self.system, f"{source} {source_version}", homepage)

    @staticmethod
    def package(name, version, architecture, vendor, system, source, homepage=""):
        purl = f"pkg:deb/{vendor}/{quote(name, safe='')}@{quote(version, safe='')}?arch={architecture}&distro={system}"
        licence = licences().get(name, "NOASSERTION")
        return component(f"deb-{name}", name, version, purl, licence, vendor.capitalize(), "deb", source=source, homepage=homepage)


def busybox():
    with open(os.path.join(where("BUSYBOX"), "package"), encoding="utf-8") as file:
        name, version = file.read().split()
    return Debian.package(name, version, "amd64", "debian", "debian-12", f"busybox {version}", "https://busybox.net")


# NuGet

def nuget(name, version):
    description = os.path.join(where("PACKAGES"), name.lower(), version.lower(), name.lower() + ".nuspec")
    licence, author, copyright_text, homepage = "NOASSERTION", "", "", ""
    if os.path.exists(description):
        for element in xml.parse(description).getroot().iter():
            tag, text = element.tag.split("}")[-1], " ".join((element.text or "").split())
            if tag == "license" and element.get("type") == "expression":
                licence = text
            elif tag == "authors":
                author = text
            elif tag == "copyright":
                copyright_text = text
            elif tag == "projectUrl":
                homepage = text
    licence = licences().get(name.lower(), licence)
    return component(f"nuget-{name}", name, version, f"pkg:nuget/{quote(name)}@{quote(version)}", licence, author, "nuget",
                     copyright=copyright_text, homepage=homepage)


def packages_in(dependencies):
    """Of a deps.json or a project.assets.json: (name, version, names of the files that are taken along)."""
    with open(dependencies, encoding="utf-8") as file:
        targets = json.load(file)["targets"]
    for target in targets.values():
        for key, entry in target.items():
            files = [path for part in ("runtime", "native") for path in entry.get(part, {}) if not path.endswith("/_._")]
            if files and os.path.isdir(os.path.join(where("PACKAGES"), key.lower())):
                yield *key.split("/"), {os.path.basename(path) for path in files}


# What libtorch's package has inside: one file that is not libtorch's, and what is linked into it.
def bundled():
    named = licences()
    return [
        component("bundled-libgomp", "libgomp", None, "pkg:generic/libgomp", named["libgomp"], "Free Software Foundation", "bundled"),
        component("bundled-oneMKL", "oneMKL", None, "pkg:generic/onemkl", named["oneMKL"], "Intel", "bundled"),
        component("bundled-oneDNN", "oneDNN", None, "pkg:generic/onednn", named["oneDNN"], "Intel", "bundled"),
    ]


# .NET

def dotnet(path):
    """The part of .NET that a file of its folder belongs to."""
    parts = path.split("/")
    name, version = {
        "shared": lambda: (parts[1] + ".Runtime.linux-x64", parts[2]),
        "packs": lambda: (parts[1], parts[2]),
    }.get(parts[0], lambda: ("Microsoft.NETCore.App.Host.linux-x64", newest_runtime()))()
    return component(f"dotnet-{name}", name, version, f"pkg:nuget/{name}@{version}", "MIT", MICROSOFT, "dotnet",
                     copyright="© Microsoft Corporation. All rights reserved.", homepage="https://dot.net")


def newest_runtime():
    versions = os.listdir(os.path.join(where("DOTNET_ROOT"), "shared", "Microsoft.NETCore.App"))
    return max(versions, key=lambda version: [int(part) for part in re.findall(r"\d+", version)])


def linked_dotnet(assets):
    """The runtime packs that a natively compiled program has inside."""
    with open(assets, encoding="utf-8") as file:
        frameworks = json.load(file)["project"]["frameworks"]
    for framework in frameworks.values():
        for pack in framework.get("downloadDependencies") or []:
            if ".Runtime." in pack["name"] or "ILCompiler" in pack["name"]:
                version = re.findall(r"[^\[\], ]+", pack["version"])[0]
                yield nuget(pack["name"], version) | {"id": f"dotnet-{pack['name']}", "kind": "dotnet"}


# Parts

class Sources:
    """From where on this machine a file came → its component."""

    def __init__(self):
        self.debian = Debian()
        self.known = {}
        self.by_file = {}
        if "OUTPUT" in os.environ and os.path.exists(os.path.join(where("OUTPUT"), "mhc-trainer.deps.json")):
            for name, version, files in packages_in(os.path.join(where("OUTPUT"), "mhc-trainer.deps.json")):
                for file in files:
                    self.by_file[file] = (name, version)

    def component(self, source):
        if source is None:
            return own()
        folders = {name: where(name) + "/" for name in ("BUSYBOX", "OUTPUT", "PACKAGES", "DOTNET_ROOT", "ROOT") if name in os.environ}
        inside = next((name for name, folder in folders.items() if source.startswith(folder)), "")
        if inside == "BUSYBOX":
            return busybox()
        if inside == "PACKAGES":
            name, version = source[len(folders["PACKAGES"]):].split("/")[:2]
            return self.package(name, version)
        if inside == "DOTNET_ROOT":
            return dotnet(source[len(folders["DOTNET_ROOT"]):])
        if inside == "OUTPUT":
            name = os.path.basename(source)
            if name.startswith("libgomp-"):
                return bundled()[0]
            return nuget(*self.by_file[name]) if name in self.by_file else own()
        if inside == "ROOT":
            return own()
        if source == "/etc/ssl/certs/ca-certificates.crt":
            return self.debian.installed("ca-certificates")  # which makes it
        # The folder of a package's licence may be a link to another package's.
        licence = re.fullmatch("/usr/share/doc/([^/]+)/copyright", source)
        return self.debian.installed(licence[1]) if licence else self.debian.of_file(source)

    def package(self, folder, version):
        # The folder's name is in small letters.
        for name, known in self.by_file.values():
            if name.lower() == folder:
                return nuget(name, known)
        name = next((n for n, v, _ in packages_in(os.environ["ASSETS"]) if n.lower() == folder), folder) if os.path.exists(os.environ["ASSETS"]) else folder
        return nuget(name, version)


def part(layer, output):
    with open(layer, encoding="utf-8") as file:
        layer = json.load(file)
    with open(layer["origins"], encoding="utf-8") as lines:
        origins = dict(line.rstrip("\n").split("\t") for line in lines)
    sources, components, files, known = Sources(), {}, [], {}
    with tarfile.open(layer["file"]) as tar:
        for entry in tar:
            if not entry.isfile():
                continue
            path = entry.name.removeprefix("./")
            content = tar.extractfile(entry).read()
            source = origins.get(path)
            if source not in known:
                known[source] = sources.component(source)
            belongs = known[source]
            components[belongs["id"]] = belongs
            files.append({"path": path, "sha1": hashlib.sha1(content).hexdigest(), "sha256": hashlib.sha256(content).hexdigest(), "component": belongs["id"]})
    for inside in linked(files):
        components[inside["id"]] = inside | {"linked": True}
    with open(output, "w", encoding="utf-8") as file:
        json.dump({"components": [components[key] for key in sorted(components)], "files": sorted(files, key=lambda f: f["path"])}, file)


def linked(files):
    """What has no file of its own in the layer."""
    paths = {file["path"] for file in files}
    if "usr/bin/mhc-operator" in paths:
        yield from (nuget(name, version) for name, version, _ in packages_in(os.environ["ASSETS"]))
        yield from linked_dotnet(os.environ["ASSETS"])
    if "opt/mhc/libtorch_cpu.so" in paths:
        yield from bundled()[1:]


def read_parts(paths):
    components, files = {}, {}
    for path in paths:
        with open(path, encoding="utf-8") as file:
            read = json.load(file)
        for found in read["components"]:
            components.setdefault(found["id"], found)
        files.update((file["path"], file) for file in read["files"])
    return [components[key] for key in sorted(components)], [files[key] for key in sorted(files)]


# SPDX 2.3: https://spdx.github.io/spdx-spec/v2.3/

def spdx(name, tag, digest, created, components, files):
    image = "SPDXRef-image"
    identifiers = {c["id"]: "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", c["id"]) for c in components}
    packages = [{
        "SPDXID": image, "name": name, "versionInfo": tag, "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION", "licenseDeclared": "Apache-2.0", "copyrightText": "NOASSERTION", "supplier": "Organization: MhcOperator",
        "primaryPackagePurpose": "CONTAINER", "checksums": [{"algorithm": "SHA256", "checksumValue": digest.split(":")[1]}],
        "externalRefs": [purl_reference(image_purl(name, tag, digest))],
    }]
    relationships = [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": image}]
    numbers = {file["path"]: f"SPDXRef-File-{number}" for number, file in enumerate(files)}
    for found in components:
        identifier, mine = identifiers[found["id"]], [file for file in files if file["component"] == found["id"]]
        package = {
            "SPDXID": identifier, "name": found["name"], "downloadLocation": "NOASSERTION", "filesAnalyzed": bool(mine),
            "licenseConcluded": found["licence"], "licenseDeclared": found["licence"], "copyrightText": found.get("copyright") or "NOASSERTION",
            "supplier": f"Organization: {found['supplier']}" if found["supplier"] else "NOASSERTION",
            "externalRefs": [purl_reference(found["purl"])],
        }
        if found["version"]:
            package["versionInfo"] = found["version"]
        if found.get("source"):
            package["sourceInfo"] = f"built from: {found['source']}"
        if found.get("homepage"):
            package["homepage"] = found["homepage"]
        if mine:
            sums = "".join(sorted(file["sha1"] for file in mine))
            package["packageVerificationCode"] = {"packageVerificationCodeValue": hashlib.sha1(sums.encode()).hexdigest()}
        packages.append(package)
        relationships.append({"spdxElementId": image, "relationshipType": "CONTAINS", "relatedSpdxElement": identifier})
        relationships += [{"spdxElementId": identifier, "relationshipType": "CONTAINS", "relatedSpdxElement": numbers[file["path"]]} for file in mine]
        if found.get("linked"):
            relationships.append({"spdxElementId": identifiers[user_of(found)], "relationshipType": "STATIC_LINK", "relatedSpdxElement": identifier})
    document = {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"{name}-{tag}",
        "documentNamespace": f"https://spdx.org/spdxdocs/{name}-{tag}-{digest.split(':')[1]}",
        "creationInfo": {"created": created, "creators": ["Organization: MhcOperator", "Tool: eng/images.sh"]},
        "packages": packages,
        "files": [{
            "SPDXID": numbers[file["path"]], "fileName": "./" + file["path"], "licenseConcluded": "NOASSERTION", "copyrightText": "NOASSERTION",
            "checksums": [{"algorithm": "SHA1", "checksumValue": file["sha1"]}, {"algorithm": "SHA256", "checksumValue": file["sha256"]}],
        } for file in files],
        "relationships": relationships,
    }
    references = sorted({word for c in components for word in re.findall(r"LicenseRef-[\w.-]+", c["licence"])})
    if references:
        document["hasExtractedLicensingInfos"] = [
            {"licenseId": word, "name": word.removeprefix("LicenseRef-").replace("-", " "),
             "extractedText": f"The {word.removeprefix('LicenseRef-').replace('-', ' ')}, as its holder publishes it."} for word in references]
    return document


def purl_reference(purl):
    return {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}


def image_purl(name, tag, digest):
    return f"pkg:oci/{name}@{quote(digest, safe='')}?tag={tag}"


def user_of(found):
    return "nuget-libtorch-cpu-linux-x64" if found["kind"] == "bundled" else OWN


# CycloneDX 1.5: https://cyclonedx.org/docs/1.5/json/

def cyclonedx(name, tag, digest, created, components, files):
    image = image_purl(name, tag, digest)
    listed, dependencies = [], [{"ref": image, "dependsOn": [c["purl"] for c in components]}]
    for found in components:
        entry = {
            "type": {"own": "application", "dotnet": "framework"}.get(found["kind"], "library"), "bom-ref": found["purl"], "name": found["name"],
            "purl": found["purl"], "licenses": [licence_choice(found["licence"])],
        }
        for key in ("version", "copyright"):
            if found.get(key):
                entry[key] = found[key]
        if found["supplier"]:
            entry["supplier"] = {"name": found["supplier"]}
        occurrences = [{"location": "/" + file["path"]} for file in files if file["component"] == found["id"]]
        if occurrences:
            entry["evidence"] = {"occurrences": occurrences}
        if found.get("homepage"):
            entry["externalReferences"] = [{"type": "website", "url": found["homepage"]}]
        listed.append(entry)
        inside = [c["purl"] for c in components if c.get("linked") and user_of(c) == found["id"]]
        dependencies.append({"ref": found["purl"], "dependsOn": inside} if inside else {"ref": found["purl"]})
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, image)}", "version": 1,
        "metadata": {
            "timestamp": created,
            "component": {"type": "container", "bom-ref": image, "name": name, "version": tag, "purl": image,
                          "hashes": [{"alg": "SHA-256", "content": digest.split(":")[1]}]},
        },
        "components": listed, "dependencies": dependencies,
    }


def licence_choice(licence):
    if licence.startswith("LicenseRef-") or licence == "NOASSERTION":
        return {"license": {"name": licence.removeprefix("LicenseRef-").replace("-", " ")}}
    return {"expression": licence} if " " in licence else {"license": {"id": licence}}


def image(name, tag, digest, created, folder, *parts):
    components, files = read_parts(parts)
    for kind, make in (("spdx", spdx), ("cdx", cyclonedx)):
        with open(os.path.join(folder, f"{name}-{tag}.{kind}.json"), "w", encoding="utf-8") as file:
            json.dump(make(name, tag, digest, created, components, files), file, indent=1, ensure_ascii=False)
            file.write("\n")


# THIRD-PARTY-NOTICES.md: without versions, which the bills of materials have and which change from day to day.

def notices(*parts):
    components, _ = read_parts(parts)
    sections = (
        ("NuGet packages", "nuget", "What a package brings of licences and notices lies in `/licenses/nuget/PACKAGE`; the licences that are only named are below."),
        (".NET", "dotnet", "Licence and notices lie in `/licenses/dotnet` and `/usr/share/dotnet`."),
        ("Debian packages", "deb", "Copyright and licence of each lie in `/usr/share/doc/PACKAGE/copyright`, the texts to which these refer in `/usr/share/common-licenses`. "
         "The sources are Debian's source packages of the versions in the bill of materials: https://snapshot.debian.org has every one."),
        ("Inside libtorch's package", "bundled", "`/licenses/nuget/libtorch-cpu-linux-x64/LICENSE-LIBTORCH.txt` has the notices of what else is in it. "
         "The text of the Intel Simplified Software License is at https://www.intel.com/content/www/us/en/developer/articles/license/onemkl-license-faq.html."),
    )
    out = ["# Third-party notices", "", "What the container images ship that others wrote. Generated from the images' bills of materials, which have the versions too."]
    for title, kind, text in sections:
        mine = [c for c in components if c["kind"] == kind]
        out += ["", f"## {title}", "", text, "", "| name | licence | copyright |", "|---|---|---|"]
        out += [f"| {c['name']} | {c['licence']} | {'in its copyright file' if kind == 'deb' else c.get('copyright') or c['supplier']} |" for c in sorted(mine, key=lambda c: c["name"].lower())]
    out += ["", "## Licences", "", "The Apache License 2.0 is in [LICENSE](LICENSE)."]
    for name in ("MIT", "BSD-3-Clause"):
        with open(os.path.join(HERE, "licences", name + ".txt"), encoding="utf-8") as file:
            out += ["", f"### {name}", "", *(("    " + line).rstrip() for line in file.read().rstrip("\n").split("\n"))]
    print("\n".join(out))


if __name__ == "__main__":
    commands = {"part": part, "image": image, "notices": notices}
    if len(sys.argv) < 2 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]](*sys.argv[2:])
